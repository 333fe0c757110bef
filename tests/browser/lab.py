"""A real JupyterLab and a real Chromium for the tests, and what a reader does there, in words."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))  # measure.py runs without pytest
from minutes import SHEETS as SHEET_FILES  # noqa: E402
from minutes import STEPS as NOTEBOOK_FILES  # noqa: E402

NOTEBOOKS = [path.stem for path in NOTEBOOK_FILES]
SHEETS = [f"exercises/{path.stem}" for path in SHEET_FILES]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
IDLE = """() => {
  const prompts = [...document.querySelectorAll('.jp-CodeCell:not(:has(.jp-InputPlaceholder)) .jp-InputPrompt')].map(prompt => prompt.textContent);
  const kernel = document.querySelector('.jp-Notebook-ExecutionIndicator');
  return kernel && kernel.dataset.status === 'idle' && prompts.length > 0 && prompts.every(text => !text.includes('*'));
}"""
STARTED = "() => [...document.querySelectorAll('.jp-CodeCell:not(:has(.jp-InputPlaceholder)) .jp-InputPrompt')].some(prompt => /[0-9*]/.test(prompt.textContent))"
# The panel is the last one on the page: a notebook has one.
PANEL = ".lstm-panel"
PICTURE = f"{PANEL} .lstm-view img"


@contextlib.contextmanager
def jupyter_lab(folder: Path):
    """JupyterLab on a copy of the notebooks, with a home of its own; yields its address."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", dirs_exist_ok=True)
    settings = folder / "home" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False})
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = {
        "HOME": str(folder / "home"),
        "XDG_CONFIG_HOME": str(folder / "home"),
        "JUPYTER_CONFIG_DIR": str(folder / "home"),
    }
    environment = os.environ | home | {"LSTM_TUTORIAL_OFFLINE": "1", "JUPYTER_RUNTIME_DIR": str(folder / "run")}
    environment.pop("LSTM_TUTORIAL_LANGUAGE", None)
    environment["LSTM_TUTORIAL_PROGRESS"] = str(folder / "home" / "progress")
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0",
               f"--ServerApp.root_dir={folder}", "--IdentityProvider.token="]  # fmt: skip
    with open(folder / "lab.log", "w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + 60
            while True:
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"{address}/api", timeout=5).close()
                    break
                if time.monotonic() > deadline or server.poll() is not None:
                    raise RuntimeError((folder / "lab.log").read_text()[-3000:])
                time.sleep(0.2)
            yield address
        finally:
            server.terminate()
            server.wait(20)


@contextlib.contextmanager
def chromium():
    """The system's Chromium, else Playwright's own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Notebook:
    """One notebook open in JupyterLab."""

    def __init__(self, browser: Browser, address: str, name: str):
        self.page: Page = browser.new_page(viewport={"width": 1300, "height": 1000})
        self.page.set_default_timeout(60_000)
        self.page.goto(
            f"{address}/lab/workspaces/test/tree/notebooks/{name}.ipynb?reset", wait_until="domcontentloaded"
        )
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Until the cells are there and the kernel is idle."""
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        self.page.wait_for_function(IDLE, timeout=60_000)
        self.page.locator("#jp-main-statusbar").get_by_text(
            re.compile(r"\| Idle")
        ).wait_for()  # says Connecting until it is

    def menu(self, menu: str, entry: str) -> None:
        """Choose an entry of the main menu, and confirm if JupyterLab asks."""
        self.page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{menu}$")).click()
        self.page.locator(".lm-Menu-item", has_text=re.compile(rf"^{re.escape(entry)}")).first.click()

    def theme(self, name: str) -> None:
        """Choose "JupyterLab Light" or "JupyterLab Dark" from the settings' menu, and wait until it is there."""
        self.menu("Settings", "Theme")
        self.page.locator(".lm-Menu-item", has_text=re.compile(f"^{name}$")).click()
        light = str(name.endswith("Light")).lower()
        self.page.wait_for_selector(f'body[data-jp-theme-light="{light}"]', state="attached")

    def confirm(self) -> None:
        """Accept JupyterLab's question, such as the one before a restart."""
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self.page.locator(".jp-Dialog").wait_for(state="detached")

    def run_all(self, timeout: float = 120) -> None:
        """Clear what is stored, Run All Cells, and wait until every cell has its number.

        On a cold start JupyterLab may call the kernel idle before it is connected and drop what it was told; then, as a
        reader would, the entry is chosen once more.
        """
        self.menu("Edit", "Clear Outputs of All Cells")
        for _ in range(3):
            self.menu("Run", "Run All Cells")
            with contextlib.suppress(TimeoutError):
                self.page.wait_for_function(STARTED, timeout=20_000)
                break
        self.wait_until_run(timeout)

    def wait_until_run(self, timeout: float = 120) -> None:
        """Until every code cell has been executed and the kernel is idle."""
        self.page.wait_for_function(IDLE.replace("!text.includes('*')", "/[0-9]/.test(text)"), timeout=timeout * 1000)

    def errors(self) -> list[str]:
        """Text of tracebacks, of anything on stderr, and of widgets that could not be shown."""
        selector = '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]'
        failed = [found for found in self.page.locator(selector).all_inner_texts() if found.strip()]
        return failed + self.page.get_by_text("Error displaying widget").all_inner_texts()

    def visible(self, language: str) -> int:
        """How many pieces of text of a language are on show."""
        return self.page.evaluate(
            "lang => [...document.querySelectorAll(`.jp-Notebook [lang=${lang}]`)].filter(e => e.getClientRects().length).length",
            language,
        )

    def choose_language(self, name: str) -> None:
        """Press one of the three buttons."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def slider(self, label: str):
        """The handle of a slider by its accessible name."""
        return self.page.get_by_role("slider", name=label)

    def press(self, label: str, key: str, timeout: float = 60) -> float:
        """Press a key on a slider; the seconds until another picture is on the page."""
        self.slider(label).focus()
        return self._wait_for_picture(key, timeout)

    def tick(self, timeout: float = 60) -> float:
        """Tick or untick the first box by keyboard; the seconds until another picture is on the page."""
        self.page.get_by_role("checkbox").locator("visible=true").first.focus()
        return self._wait_for_picture(" ", timeout)

    def enter(self, label: str, value: int, timeout: float = 60) -> float:
        """Type a value into the field beside a slider and press Enter; the seconds until another picture is there."""
        field = self.page.locator(".widget-slider", has=self.slider(label)).locator(".widget-readout")
        if field.inner_text() == str(value):
            value += 1 if value == 1 else -1
        field.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(str(value))
        return self._wait_for_picture("Enter", timeout)

    def _wait_for_picture(self, key: str, timeout: float) -> float:
        # An observer, not a loop that looks at every frame: that would take a core away from the training.
        self.page.evaluate(f"""() => {{
          const pictures = () => [...document.querySelectorAll('{PICTURE}')], old = pictures().map(image => image.src);
          window.seen = new Promise(resolve => {{
            const observer = new MutationObserver(async () => {{
              const image = pictures().find(image => !old.includes(image.src));
              if (!image) return;
              observer.disconnect();
              await image.decode();
              requestAnimationFrame(() => resolve(performance.now() - window.pressed));
            }});
            observer.observe(document.querySelector('.jp-Notebook'), {{childList: true, subtree: true}});
          }});
          document.addEventListener('keydown', () => {{ window.pressed = performance.now(); }}, {{once: true, capture: true}});
        }}""")
        self.page.keyboard.press(key)
        return self.page.evaluate(
            "async limit => Promise.race([window.seen, new Promise((_, fail) => setTimeout(() => fail('no new picture'), limit))])",
            timeout * 1000,
        ) / 1000  # fmt: skip

    def resize(self, width: int, height: int) -> None:
        """Another size of the window, laid out, with the top of the panel at the top of the notebook."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.evaluate(
            f"""async () => {{
          const frame = () => new Promise(requestAnimationFrame);
          for (let turn = 0; turn < 4; turn++) {{
            document.querySelector('{PANEL}').scrollIntoView({{block: 'start'}});
            await frame();
          }}
          await Promise.all([...document.querySelectorAll('{PICTURE}')].map(image => image.decode()));
        }}"""
        )

    def height(self) -> float:
        """Of the panel, in pixels."""
        return self.page.evaluate(f"() => document.querySelector('{PANEL}').getBoundingClientRect().height")

    def cut_off(self) -> list[str]:
        """What of the panel reaches out of it, or out of the notebook's page, to the left or to the right; or is clipped."""
        return self.page.evaluate(
            """panel => {
          const page = document.querySelector('.jp-WindowedPanel-outer'), board = document.querySelector(panel);
          const edge = page.getBoundingClientRect(), box = board.getBoundingClientRect();
          const left = Math.max(box.left, edge.left) - 1, right = Math.min(box.right, edge.left + page.clientWidth) + 1;
          const name = part => `${part.tagName}.${part.className} ${part.textContent.slice(0, 30)}`;
          const parts = [...board.querySelectorAll('img, button, label, select, p, summary, .slider-container, .widget-readout, .lstm-table')];
          const outside = parts.filter(part => part.checkVisibility()).filter(part => {
            const own = part.getBoundingClientRect();
            return own.left < left || own.right > right || own.bottom > box.bottom + 1;
          });
          const clipped = [board, ...board.querySelectorAll('.lstm-body, .lstm-controls, .lstm-view, .widget-label, .lstm-buttons, .lstm-verdict')]
            .filter(part => part.checkVisibility())
            .filter(part => part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).display !== 'inline');
          return [...outside, ...clipped].map(name);
        }""",
            PANEL,
        )

    def cut_code(self) -> list[str]:
        """Code cells that are wider than the page, with the beginning of each."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll('.jp-CodeCell .cm-scroller')]
          .filter(part => part.scrollWidth > part.clientWidth + 1).map(part => part.textContent.slice(0, 50))"""
        )

    def below_the_fold(self) -> list[str]:
        """Which of verdict, picture and controls end below the notebook's page, when the panel's top is at its top."""
        return self.page.evaluate(
            """panel => {
          const page = document.querySelector('.jp-WindowedPanel-outer').getBoundingClientRect();
          const wanted = '.lstm-verdict, .lstm-view img, .lstm-controls > .jupyter-widgets, .lstm-controls button, .lstm-note';
          return [...document.querySelector(panel).querySelectorAll(wanted)]
            .filter(part => part.getBoundingClientRect().bottom > page.bottom + 1).map(part => part.className || part.tagName);
        }""",
            PANEL,
        )

    def toggle(self, fold: str) -> None:
        """Open or close one of the panel's folded parts, "table 0" the first, by keyboard."""
        self.page.locator(f"{PANEL} details[data-fold='{fold}'] summary").press("Enter")

    def ledger(self) -> list[list[str]]:
        """The rows of the ledger on the page, newest first."""
        return self.page.evaluate(
            f"() => [...document.querySelectorAll('{PANEL} table')].at(-1).querySelectorAll('tbody tr').values()"
            ".map(row => [...row.children].map(cell => cell.textContent)).toArray()"
        )

    def wait_until_hidden(self, language: str) -> None:
        """Until no text of a language is shown."""
        self.page.wait_for_function(
            f"() => getComputedStyle(document.querySelector('.jp-Notebook [lang={language}]')).display === 'none'"
        )

    def wait_for_newest(self, values: list[str], columns: tuple[int, ...], timeout: float = 60) -> None:
        """Until the newest row of the ledger has these values in these columns."""
        self.page.wait_for_function(
            "([selector, columns, values]) => { const row = [...document.querySelectorAll(selector)].at(-1).querySelector('tbody tr');"
            " return columns.every((column, k) => row.children[column].textContent === values[k]); }",
            arg=[f"{PANEL} table", list(columns), values], timeout=timeout * 1000,
        )  # fmt: skip

    def close(self) -> None:
        """Shut the kernel down and close the page."""
        with contextlib.suppress(Exception):
            self.menu("Kernel", "Shut Down Kernel")
        self.page.close()
