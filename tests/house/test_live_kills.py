"""An autopilot killed again and again loses nothing, and does nothing twice."""

import signal
from datetime import timedelta
from pathlib import Path

from psizero.core.chance import draw
from psizero.core.policy import Level
from psizero.house.home import House
from tests.house.living import begun, ended, present, running, until
from tests.toy.town import BEGIN, entered, founded, priced, subscribed, take

KILLS = 20
HOUR = timedelta(hours=1)
LEVELS = {"customers.greeting": Level.AUTO, "finance.invoicing": Level.AUTO}


def moved_in(house: House, name: str) -> None:
    """One more customer, one of whose days has ended: to be greeted, and to be billed."""
    now = present()
    row = {"id": f"new {name}", "subject": name, "occurred_at": now - 40 * HOUR, "name": name}
    take(house, "customer.created", [row | {"email": f"{name}@town.example"}], now)
    take(house, "subscription.started", [subscribed(name, "daily", now - 36 * HOUR)], now)


def test_killed_at_any_moment(tmp_path: Path) -> None:
    """Every customer one mail and one invoice, numbered without a gap, in a sound ledger."""
    home = founded(tmp_path / "home", LEVELS, '[bindings]\nmessage.send = "outbox"\n')
    with entered(home) as house:
        priced(house)
    with running(home) as process:
        assert ended(process) == 0
    names = [f"c{number:02}" for number in range(KILLS)]
    for name in names:
        with entered(home) as house:
            moved_in(house, name)
        process = begun(home)
        process.join(0.4 + 1.2 * draw("live", BEGIN, name))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
    with running(home) as process:
        until(lambda: len(list((home / "outbox").glob("*.eml"))) == KILLS)
        assert ended(process) == 0
    with entered(home) as house:
        invoices = house.read("invoices").sort("number")
        assert invoices["number"].to_list() == list(range(1, KILLS + 1))
        assert sorted(invoices["subject"].to_list()) == names
        receipts = house.read("receipt")
        done = receipts.filter(receipts["state"] == "done", receipts["verb"] == "message.send")
        assert sorted(done["subject"].to_list()) == names
        assert house.read("intents").is_empty()
        assert house.verify() == []
    mails = [path.read_bytes() for path in (home / "outbox").iterdir()]
    assert sorted(mail.split(b"To: ")[1].split(b"@")[0].decode() for mail in mails) == names
    assert all(f"{present().year}".encode() in mail.split(b"\r\n")[0] for mail in mails)
