"""A real browser (headless Chromium) on a page of another origin: it can neither read nor start
anything, even if the page's own name resolves to 127.0.0.1 (DNS rebinding).

    rebinding_browser_test.py DOOR_SERVER [CHROMIUM]

The browser resolves every name to 127.0.0.1 and reaches no other machine. This test serves the evil
page and receives the results of its script. A rebound name is simulated by relaying /debug/ of the
evil site, byte for byte, to the attacked server: the browser sees the same origin, and the server
receives the requests of a rebound browser.
"""

import http.server
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

from door import Door, poll_until, read_all

# Each attempt ends as "read: ...", "sent", or "failed". Browsers allow "sent" without reading; the
# server must have refused it.
PAGE = """<!doctype html><title>evil</title><body><script>
const target = "%(target)s";
const attempts = {
  read: () => fetch(target + "door.small?debug=1").then(r => r.text()),
  read_no_cors: () => fetch(target + "door.small", {mode: "no-cors"}).then(r => r.text()),
  record: () => fetch(target + "door.recorded?seconds=1", {mode: "no-cors"}).then(r => r.text()),
  reset_plain: () => fetch(target + "door.small/reset",
      {method: "POST", mode: "no-cors", body: "x"}).then(r => r.text()),
  reset_json: () => fetch(target + "door.small/reset",
      {method: "POST", headers: {"Content-Type": "application/json"}}).then(r => r.text()),
  image: () => element("img", "door.recorded?seconds=1"),
  script: () => element("script", "door.small?debug=1"),
  frame: () => element("iframe", ""),
};
function element(kind, path) {
  return new Promise(resolve => {
    const e = document.createElement(kind);
    e.onload = () => resolve(""); e.onerror = () => resolve("");
    e.src = target + path;
    document.body.append(e);
  });
}
async function all() {
  const results = {};
  for (const [name, attempt] of Object.entries(attempts)) {
    try { results[name] = await attempt(); } catch (e) { results[name] = "failed: " + e; }
  }
  await fetch("/result", {method: "POST", body: JSON.stringify(results)});
}
all();
</script>"""


class EvilSite(http.server.BaseHTTPRequestHandler):
    page = ""
    result = None
    door_port = 0

    def relay(self):
        """Simulates a name that now resolves to the attacked server."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        head = self.requestline + "\r\n" + "".join(f"{k}: {v}\r\n" for k, v in self.headers.items())
        with socket.create_connection(("127.0.0.1", self.door_port)) as door:
            door.sendall(head.encode("latin-1") + b"\r\n" + body)
            self.wfile.write(read_all(door))
        self.close_connection = True

    def do_GET(self):
        if self.path.startswith("/debug/"):
            return self.relay()
        body = self.page.encode()
        self.send_response(200 if self.path == "/" else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        if self.path.startswith("/debug/"):
            return self.relay()
        length = int(self.headers["Content-Length"])
        type(self).result = json.loads(self.rfile.read(length))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Browser(unittest.TestCase):
    binary = ""
    chromium = ""

    def setUp(self):
        self.site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), EvilSite)
        threading.Thread(target=self.site.serve_forever, daemon=True).start()

    def tearDown(self):
        self.site.shutdown()
        self.site.server_close()

    def start(self, *arguments):
        self.door = Door(self.binary, *arguments)
        self.addCleanup(self.door.stop)
        EvilSite.door_port = self.door.port

    def visit(self, url):
        """Opens `url` in a fresh browser until the page has sent its results."""
        EvilSite.result = None
        with tempfile.TemporaryDirectory() as profile:
            browser = subprocess.Popen(
                [self.chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                 "--no-first-run", "--disable-background-networking", "--disable-component-update",
                 "--disable-sync", f"--user-data-dir={profile}", "--remote-debugging-port=0",
                 "--host-resolver-rules=MAP * 127.0.0.1", "--no-proxy-server", url],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                self.assertTrue(poll_until(lambda: EvilSite.result is not None, 60), "no result")
            finally:
                browser.terminate()
                browser.wait(timeout=20)
        return EvilSite.result

    def attack(self, target, page_host):
        """Results of the page at http://page_host/ against `target`, by attempt."""
        EvilSite.page = PAGE % {"target": target + "/debug/pprof/"}
        return self.visit(f"http://{page_host}:{self.site.server_address[1]}/")

    def expect_nothing_done(self, results):
        for name, result in results.items():
            self.assertNotIn("profile: total", result, name)
            self.assertNotIn("ok", result.split(), name)
        for state in ("door.started", "door.resets", "door.recording"):
            self.assertEqual(self.door.count(state), 0, state)

    def test_page_of_another_site(self):
        self.start()
        self.expect_nothing_done(self.attack(f"http://127.0.0.1:{self.door.port}", "evil.example"))
        self.assertGreater(self.door.refused()["cross_site"], 0)

    def test_page_of_another_port_of_localhost(self):
        self.start()
        self.expect_nothing_done(self.attack(f"http://localhost:{self.door.port}", "localhost"))
        self.assertGreater(self.door.refused()["cross_site"], 0)

    def test_rebound_name(self):
        self.start()
        self.expect_nothing_done(self.attack("", "evil.example"))
        self.assertGreater(self.door.refused()["host"], 0)

    def test_of_the_test_the_attacks_work_where_the_name_is_trusted(self):
        self.start("--allow-host", "evil.example")
        results = self.attack("", "evil.example")
        self.assertIn("profile: total", results["read"])
        self.assertEqual(results["reset_json"], "ok\n")
        self.assertEqual(self.door.count("door.resets"), 1)
        self.assertGreater(self.door.count("door.started"), 0)


if __name__ == "__main__":
    Browser.binary = sys.argv.pop(1)
    found = sys.argv.pop(1) if len(sys.argv) > 1 and "/" in sys.argv[1] else shutil.which("chromium")
    if not found:
        print("chromium is not installed: apt-get install chromium")
        sys.exit(77)  # ctest: skipped
    Browser.chromium = found
    unittest.main()
