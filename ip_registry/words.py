"""What kinds of works are called in both languages, for documents that have no reader yet."""

KINDS = {
    "invention": ("Invention", "发明"),
    "utility_model": ("Utility model", "实用新型"),
    "design": ("Design", "外观设计"),
    "software": ("Software", "软件"),
    "dataset": ("Data set", "数据集"),
    "paper": ("Paper", "论文"),
    "process": ("Process", "工艺"),
    "know_how": ("Know-how", "技术秘密"),
    "standard": ("Standard", "标准"),
    "other": ("Other work", "其他成果"),
}


def kind_name(kind: str, locale: str) -> str:
    """The name of a kind; one that is not known is shown as it is."""
    english, chinese = KINDS.get(kind, (kind, kind))
    return chinese if locale.startswith("zh") else english
