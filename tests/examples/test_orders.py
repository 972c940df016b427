"""examples/orders in real windows: what another project has after the page's steps."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.windows import assert_not_reloaded, expect_state, mark
from tests.examples.projects import Project, expect_live, log_in
from tests.harness.chromium import PATIENCE
from tests.harness.processes import ROOT

pytestmark = pytest.mark.browser

FIND = "from shop.models import Order; order = Order.objects.get(customer='Ada'); "


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("shop") / "orders"
    shutil.copytree(
        ROOT / "examples" / "orders", folder,
        ignore=shutil.ignore_patterns("db.sqlite3*", "__pycache__"),
    )  # fmt: skip
    with Project(folder, Path(sys.executable), front="/accounts/login/") as project:
        project.manage("sample")
        yield project


@pytest.fixture
def page(shop: Project, browser: Browser) -> Iterator[Page]:
    """alice's list of orders, as it came from the server and live."""
    shop.run("from shop.models import Order; Order.objects.update(status='received', packer=None)")
    context = browser.new_context(base_url=shop.url)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    log_in(page, "/", "alice", "example")
    expect_live(page)
    mark(page)
    yield page
    context.close()


def row(page: Page, customer: str) -> Locator:
    return page.locator("#orders tr").filter(has_text=customer)


def test_the_users_have_uuids(shop: Project, page: Page) -> None:
    key = shop.run("from shop.models import User; print(User.objects.get(username='alice').pk)")
    assert len(key.strip()) == 36
    assert page.locator("#live").get_attribute("data-user") == key.strip()


def test_a_row_changes_after_a_save_in_another_process(shop: Project, page: Page) -> None:
    shop.run(f"{FIND}order.status = 'packed'; order.save()")
    expect(row(page, "Ada")).to_contain_text("packed")
    assert_not_reloaded(page)


def test_a_row_changes_after_an_update(shop: Project, page: Page) -> None:
    shop.run("from shop.models import Order; Order.objects.update(status='sent')")
    expect(page.locator("#orders tr", has_text="sent")).to_have_count(4)
    assert_not_reloaded(page)


def test_an_order_comes_and_goes(shop: Project, page: Page) -> None:
    shop.run("from shop.models import Order; Order.objects.create(customer='<b>Tim', items='tea')")
    expect(page.locator("#orders tr").first).to_contain_text("<b>Tim")
    shop.run("from shop.models import Order; Order.objects.filter(items='tea').delete()")
    expect(row(page, "Tim")).to_have_count(0)
    assert_not_reloaded(page)


def test_what_one_does_another_sees(shop: Project, page: Page, browser: Browser) -> None:
    other = browser.new_context(base_url=shop.url)
    bobs = other.new_page()
    log_in(bobs, "/", "bob", "example")
    row(bobs, "Ada").get_by_role("button", name="Packed").click()
    expect(row(page, "Ada")).to_contain_text("bob")
    row(page, "Ada").get_by_role("button", name="Sent").click()  # in a row that came by itself
    expect(row(bobs, "Ada")).to_contain_text("alice")
    other.close()


def test_killed_and_started_again_the_page_shows_what_it_missed(shop: Project, page: Page) -> None:
    shop.kill()
    expect_state(page, "reconnecting", "Reconnecting…")
    shop.run(f"{FIND}order.status = 'packed'; order.save()")
    shop.run(f"{FIND}Order.objects.filter(customer='Grace').update(status='sent')")
    expect(row(page, "Ada")).to_contain_text("received")
    shop.start()
    expect_live(page, seconds=40)
    expect(row(page, "Ada")).to_contain_text("packed")
    expect(row(page, "Grace")).to_contain_text("sent")
    assert_not_reloaded(page)
