SIGN_INS = ("staff: zhou-mingyuan / guildhall-demo",)


def seed_demo() -> None:
    """Fill the site."""
