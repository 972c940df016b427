"""Files, in real windows: chosen, dropped, pasted, uploaded beside the text, and seen by others."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.browser.windows import Windows, assert_not_reloaded, expect_live
from tests.harness.axe import assert_sound
from tests.harness.servers import Daphne
from tests.harness.site import Browser, People
from tests.tickets.attachments.samples import HTML, png
from tickets.attachments import Attachment
from tickets.models import Comment, Ticket

DROP = """async ([name, text, where]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  const over = (kind, dataTransfer) => {
    const event = new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true });
    return !document.querySelector(where).dispatchEvent(event);
  };
  const empty = new DataTransfer(); // Before it is dropped nobody is told what it is.
  Object.defineProperty(empty, "types", { value: ["Files"] });
  over("dragenter", empty);
  while (!over("dragover", empty)) await new Promise((done) => setTimeout(done, 50));
  over("drop", data);
}"""
PASTE = """([bytes, withText]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "image.png", { type: "image/png" }));
  if (withText) data.setData("text/plain", "a table");
  const options = { clipboardData: data, bubbles: true, cancelable: true };
  const target = document.querySelector("#composer textarea");
  target.dispatchEvent(new ClipboardEvent("paste", options));
}"""


def path(ticket: Ticket) -> str:
    return f"/tickets/{ticket.pk}/"


def box(page: Page) -> Locator:
    return page.get_by_label("Text", exact=True)


def chips(page: Page) -> Locator:
    return page.locator("#composer .files > li")


def choose(page: Page, *files: FilePayload) -> None:
    chooser = page.get_by_label("Attach files")
    chooser.hover()
    chooser.set_input_files(list(files))


def file(name: str = "a.txt", content: bytes = b"Hello", kind: str = "text/plain") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": content}


def attached(page: Page, *names: str) -> None:
    """All of them have been uploaded."""
    expect(chips(page).locator("bdi")).to_have_text(list(names))
    expect(page.locator("#composer progress")).to_have_count(0)


def send(page: Page) -> None:
    page.get_by_role("button", name="Add reply").click()


def test_files_are_chosen_dropped_and_pasted_and_go_with_the_text(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket(description="It smokes.")
    alice = windows.open(site.alice, path(ticket))
    carol = windows.open(site.carol, path(ticket))
    choose(alice, file("a.txt"), file("b.txt"))
    attached(alice, "a.txt", "b.txt")
    alice.evaluate(DROP, ["c.txt", "Dropped", "#timeline"])
    alice.evaluate(PASTE, [[*png(30, 20)], False])
    attached(alice, "a.txt", "b.txt", "c.txt", "image.png")
    assert_not_reloaded(alice)
    box(alice).fill("Look at these")
    send(alice)
    said = carol.locator(".said", has_text="Look at these")
    expect(said.locator(".files > li")).to_have_count(4)
    expect(said.locator("img")).to_have_attribute("alt", "image.png")
    assert (
        said.locator("img").evaluate("(image) => image.decode().then(() => image.naturalWidth)")
        == 30
    )
    assert_not_reloaded(carol)
    expect(alice.locator(".said", has_text="Look at these").locator(".files > li")).to_have_count(4)
    live = said.locator(".files").evaluate("(list) => list.outerHTML")
    carol.reload()
    served = carol.locator(".said", has_text="Look at these").locator(".files")
    assert _plain(served.evaluate("(list) => list.outerHTML")) == _plain(live)


def _plain(markup: str) -> str:
    """Without the order of attributes, which no reader sees."""
    return re.sub(r"<(\w+)((?: [\w-]+(?:=\"[^\"]*\")?)*)>",
                  lambda tag: f"<{tag[1]} {sorted(tag[2].split())}>", markup)  # fmt: skip


def test_a_paste_of_text_that_has_a_picture_beside_it_is_text(
    windows: Windows, site: People
) -> None:
    alice = windows.open(site.alice, path(site.ticket()))
    choose(alice, file())
    attached(alice, "a.txt")
    alice.evaluate(PASTE, [[*png()], True])
    choose(alice, file("b.txt"))
    attached(alice, "a.txt", "b.txt")


def test_a_picture_opens_large_and_the_focus_comes_back(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    said(windows.server, site, ticket, file("photo.png", png(30, 20)))
    page = windows.open(site.alice, path(ticket))
    small = page.get_by_role("link", name="photo.png")
    with page.expect_response(re.compile(r"/files[.\w]*\.js$")) as script:
        small.focus()
    page.evaluate("(script) => import(script)", script.value.url)  # until then it opens by itself
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="photo.png")
    expect(dialog.get_by_role("img", name="photo.png")).to_be_visible()
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(small).to_be_focused()
    assert_not_reloaded(page)


def said(server: Daphne, site: People, ticket: Ticket, *files: FilePayload) -> dict[str, Any]:
    """By carol's script."""
    with Browser(server.url, site.carol) as carol:
        sent = [("files", (each["name"], each["buffer"])) for each in files]
        stored = carol.post(f"/api/tickets/{ticket.pk}/attachments/", files=sent).json()
        body = {"body": "See this", "attachments": [one["id"] for one in stored]}
        answer = carol.post(f"/api/tickets/{ticket.pk}/comments/", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


def test_another_queues_agent_gets_nothing_of_it(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    (shown,) = said(windows.server, site, ticket, file("photo.png", png()))["attachments"]
    bob = windows.open(site.bob)
    answer = bob.goto(shown["url"])
    assert answer is not None and answer.status == 404
    stranger = windows.open(None, shown["url"])
    expect(stranger).to_have_url(re.compile("/accounts/login/"))


def test_a_page_in_a_file_is_saved_and_never_shown(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    said(windows.server, site, ticket, file("page.html", HTML), file("lie.png", HTML))
    page = windows.open(site.alice, path(ticket))
    expect(page.locator(".said img")).to_have_count(0)
    for name in ("page.html", "lie.png"):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        assert Path(download.value.path()).read_bytes() == HTML
    assert_not_reloaded(page)


def test_how_far_an_upload_is_is_shown_and_it_can_be_stopped(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    page = windows.open(site.alice, path(ticket))
    held: list[Route] = []
    page.route("**/attachments/", lambda route: held.append(route))
    choose(page, file("large.bin", b"x" * 100_000), file("b.txt"))
    expect(page.get_by_role("progressbar", name="Uploading large.bin")).to_be_visible()
    box(page).fill("Look")
    send(page)
    says = page.get_by_label("Attach files").evaluate("(chooser) => chooser.validationMessage")
    assert says == "A file is still on its way: send again once it is there."
    assert not Comment.objects.filter(ticket=ticket).exists()
    page.get_by_role("button", name="Remove large.bin").click()
    expect(page.get_by_role("button", name="Remove b.txt")).to_be_focused()
    page.wait_for_function("() => true")
    for route in held:
        route.abort()
    page.unroute("**/attachments/")
    expect(chips(page)).to_have_count(1)
    attached_or_again(page)
    attached(page, "b.txt")
    send(page)
    expect(page.locator(".said", has_text="Look").locator(".files > li")).to_have_count(1)


def attached_or_again(page: Page) -> None:
    """Where the second was on its way when its request was stopped, it says so, and can be tried
    again."""
    again = page.get_by_role("button", name="Try again")
    expect(chips(page).locator("progress")).to_have_count(0)
    if again.count():
        expect(chips(page).get_by_role("alert")).to_contain_text("there is no connection")
        again.click()


def test_a_file_that_was_uploaded_and_removed_is_gone_from_the_server(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    page = windows.open(site.alice, path(ticket))
    choose(page, file("a.txt"))
    attached(page, "a.txt")
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as removed:
        page.get_by_role("button", name="Remove a.txt").click()
    assert removed.value.status == 204
    assert not Attachment.objects.filter(ticket=ticket).exists()
    expect(page.get_by_label("Attach files")).to_be_focused()


def test_limits_are_said_before_anything_is_uploaded_and_by_the_server_too(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    page = windows.open(site.alice, path(ticket))
    choose(page, *[file(f"{number}.txt") for number in range(21)])
    late = chips(page).filter(has_text="20.txt")
    expect(late.get_by_role("alert")).to_have_text(
        "Not added: up to 20 files, of 25 MB together, go with one text."
    )
    late.get_by_role("button").click()
    attached(page, *[f"{number}.txt" for number in range(20)])
    other = windows.open(site.alice, path(ticket))
    choose(other, file("empty.txt", b""))
    expect(other.locator("#composer [role=alert]")).to_contain_text("“empty.txt” is empty")
    expect(other.get_by_role("button", name="Try again")).to_be_visible()


def test_a_refused_text_keeps_its_files_without_a_second_upload(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    page = windows.open(site.alice, path(ticket))
    choose(page, file("a.txt"))
    attached(page, "a.txt")
    box(page).fill("Mine")
    Comment.objects.create(ticket=ticket, author=site.carol, body="Wait")
    expect(page.locator("#meanwhile")).to_be_visible()
    send(page)
    expect(page.locator("#unseen")).to_be_visible()
    attached(page, "a.txt")
    page.get_by_role("button", name="Add mine anyway").click()
    expect(page.locator(".said", has_text="Mine").locator(".files > li")).to_have_count(1)
    assert Attachment.objects.filter(ticket=ticket).count() == 1


def test_a_draft_keeps_its_files(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    page = windows.open(site.alice, path(ticket))
    choose(page, file("a.txt"))
    attached(page, "a.txt")
    page.reload()
    expect_live(page)
    attached(page, "a.txt")
    box(page).fill("At last")
    send(page)
    expect(page.locator(".said", has_text="At last").locator(".files > li")).to_have_count(1)
    expect_live(page)
    expect(chips(page)).to_have_count(0)


def test_without_scripts_the_browser_sends_them(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    page = windows.open(site.alice, path(ticket), java_script_enabled=False)
    choose(page, file("a.txt"), file("b.txt"))
    box(page).fill(" ")
    send(page)
    expect(page.get_by_label("a.txt")).to_be_checked()
    page.get_by_label("a.txt").uncheck()
    box(page).fill("Now")
    send(page)
    expect(page.locator(".said", has_text="Now").locator(".files > li")).to_have_count(1)
    expect(page.get_by_role("link", name="b.txt")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_cannot_see_it_is_told_all_of_it(scheme: Any, windows: Windows, site: People) -> None:
    ticket = site.ticket()
    said(windows.server, site, ticket, file("photo.png", png(300, 200)), file("a.txt"))
    page = windows.open(site.alice, path(ticket), color_scheme=scheme)
    choose(page, file("b.txt"))
    attached(page, "b.txt")
    assert_sound(page)


def test_a_name_that_turns_the_text_around_turns_nothing(
    windows: Windows, site: People, follow: Callable[..., Any]
) -> None:
    ticket = site.ticket()
    name = "חשבון\u202egnp.exe"
    page = windows.open(site.alice, path(ticket))
    (shown,) = said(windows.server, site, ticket, file(name))["attachments"]
    assert shown["name"] == "חשבוןgnp.exe"
    link = page.get_by_role("link", name=shown["name"])
    expect(link.locator("bdi")).to_have_text(shown["name"])
    expect(page.locator(".said .files .dim")).to_have_text("text/plain · 5 B")
