"""A live session as the gateway's reception hears it; keeps what pages ask of it."""


class FakeMouth:
    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.is_closed = False

    def ask(self, request: bytes) -> bool:
        self.asked.append(request)
        return True

    def take(self) -> list[str]:
        return []

    def close(self) -> None:
        self.is_closed = True


class FakeSession:
    def __init__(self) -> None:
        self.clock = self
        self.said = FakeMouth()
        self.mouths: list[FakeMouth] = []

    def t_s(self, now_ns: int) -> float:
        return 1.0

    def mouth(self, name: str) -> FakeMouth:
        self.mouths.append(FakeMouth())
        self.mouths[-1].asked = self.said.asked
        return self.mouths[-1]

    def take_state(self) -> None:
        return None

    def take_news(self) -> list[object]:
        return []
