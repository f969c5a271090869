"""联系人: whom we know at the customers; telephone numbers that nobody has."""

from collections.abc import Iterator

from services.sample.customers import customers

HEADER = ("客户名称", "姓名", "职位", "电话", "邮箱", "决策角色", "沟通偏好")

_FAMILY = "林黄周徐朱胡郭马罗梁宋谢韩唐于董程曹袁邓许傅沈曾彭吕苏卢蒋蔡"
_GIVEN = ("建华", "晓红", "志强", "丽娟", "伟明", "雅琴", "国平", "淑芬", "俊杰", "美玲", "永康")
_ROLES = (
    ("采购经理", "影响者"),
    ("总经理", "决策者"),
    ("生产主管", "使用者"),
    ("财务总监", "决策者"),
    ("技术部长", "影响者"),
)
_PREFERENCES = ("", "工作日上午9-11点方便面谈", "", "偏好文字沟通,不接陌生电话")


def rows() -> Iterator[tuple[object, ...]]:
    """Two contacts of every fifth customer, one of every other; the last row has no telephone number."""
    for number, customer in enumerate(customers()):
        if not number % 2:
            yield _row(customer.name, number)
        if not number % 5:
            yield _row(customer.name, number + 101)
    yield ("杭州明川软件股份有限公司", "方小姐", "行政", "见名片", "", "使用者", "")


def _row(customer: str, number: int) -> tuple[object, ...]:
    name = _FAMILY[number * 7 % len(_FAMILY)] + _GIVEN[number * 3 % len(_GIVEN)]
    title, role = _ROLES[number % len(_ROLES)]
    digits = f"1990000{number:04d}"
    phone: object = digits if number % 3 else int(digits)
    if not (number + 4) % 7:
        phone = f"(0755)8000 {number:04d}"
    email = f"contact{number:03d}@customer.example" if number % 4 else ""
    return (customer, name, title, phone, email, role, _PREFERENCES[number % len(_PREFERENCES)])
