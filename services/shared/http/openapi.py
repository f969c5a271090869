"""The OpenAPI document says how we refuse: with problem documents."""

from typing import Any

from fastapi import FastAPI

from services.shared.http.documents import Problem, WrongPlace, problems

_FASTAPIS = ("HTTPValidationError", "ValidationError")


def describe_problems(app: FastAPI) -> None:
    """Have the application's OpenAPI document speak of problem documents, in place of FastAPI's own."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        """Return the document, made once."""
        if app.openapi_schema is None:
            app.openapi_schema = _with_problems(plain())
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's documented way to extend it


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    components: dict[str, Any] = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _FASTAPIS:
        components.pop(name, None)
    problem = Problem.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    problem.pop("$defs")
    components["ProblemDocument"] = problem
    components["WrongPlace"] = WrongPlace.model_json_schema(mode="serialization")
    declared = problems(403, 421, 422, 503)
    for path in document["paths"].values():
        for method, operation in path.items():
            answers = operation["responses"]
            if "HTTPValidationError" in str(answers.get("422")):
                answers["422"] = declared[422]
            for status in (421, 503) if method == "get" else (403, 421, 503):
                answers.setdefault(str(status), declared[status])
    return document
