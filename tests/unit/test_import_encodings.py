"""Text of other encodings is refused, and no Chinese text is taken for it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.shared.errors import RefusedError
from services.shared.imports.decoding import decode
from services.shared.imports.errors import ShiftJisError

JAPANESE = [
    "name,address\n有限会社大橋印刷,大阪市北区\n",
    "会社名,担当者\nヤマト工業,佐藤一郎\n",
    "品名\nひらがなの説明文です\n",
]
CHINESE = [
    "name,address\n臺灣電子零件股份有限公司,臺北市信義區\n",
    "名称,负责人\n鸿鹄麗麗贸易有限公司,陶喆\n",
    "客户名称\n镕堃婳赟公司\n",
    "name\n𠮷田㛃䶮商行\n",
]
COMMON = [bytes([high, low]).decode("gb2312") for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFF)]


@pytest.mark.parametrize("text", JAPANESE)
def test_shift_jis_is_recognised_instead_of_read_as_rare_chinese(text: str) -> None:
    with pytest.raises(ShiftJisError) as raised:
        decode(text.encode("cp932"), "a.csv")
    assert "Shift-JIS" in raised.value.message("zh")


@pytest.mark.parametrize("text", CHINESE)
def test_rare_and_traditional_characters_are_no_reason_to_refuse(text: str) -> None:
    assert decode(text.encode("gb18030"), "a.csv") == text


@settings(deadline=None)
@given(st.text(st.sampled_from(COMMON), max_size=40))
def test_what_gb18030_writes_of_common_chinese_is_read_back(text: str) -> None:
    assert decode(f"名称\n{text}公司\n".encode("gb18030"), "a.csv") == f"名称\n{text}公司\n"


@pytest.mark.parametrize("text", ["Société Générale,Orléans\n", "Peña Hermanos,Málaga\nNúñez,Cádiz\n"])
def test_western_text_is_still_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        decode(f"name,address\n{text}".encode("cp1252"), "a.csv")
