"""How an effect fires an act on another subject: through the same door, as part of the same act."""

from typing import Any

from app.workflow.act import Act


def fire_within(
    act: Act, subject: Any, action: str, *, data: dict[str, Any] | None = None, comment: str = ""
) -> None:
    """Fire `action` on `subject` because of `act`, in its transaction."""
    # The engine walks tables whose effects live in modules that call back here.
    from app.workflow.engine import fire

    fire(
        act.session,
        subject,
        action,
        actor=act.actor,
        data=data,
        comment=comment,
        now=act.now,
        cause=act,
    )
