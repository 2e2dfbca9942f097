# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The Penfold maintainers
"""Runs a headless Thunderbird with a profile of its own, and JavaScript in its
chrome context, through Marionette."""

import json
import os
import socket
import subprocess
import time

import lib

PREFS = {
    "mailnews.start_page.enabled": False,
    "mail.provider.enabled": False,
    "mail.accounthub.enabled": False,
    "mail.spotlight.firstRunDone": True,
    "mail.rights.version": 1,
    "mail.inappnotifications.enabled": False,
    "mail.shell.checkDefaultClient": False,
    "mail.biff.show_alert": False,
    "mail.biff.play_sound": False,
    "mail.purge.ask": False,
    "mail.prompt_purge_threshhold": False,
    "mail.server.default.check_new_mail": False,
    "app.donation.eoy.version.viewed": 999,
    "app.update.enabled": False,
    "extensions.update.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.unified": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.manage-offline-status": False,
    "mailnews.database.global.indexer.enabled": False,
    "toolkit.shutdown.fastShutdownStage": 0,
}

# Definitions for every script.  State that outlives a script is in win.penfold.
PRELUDE = r"""
const {MailServices} = ChromeUtils.importESModule(
    "resource:///modules/MailServices.sys.mjs");
const win = Services.wm.getMostRecentWindow("mail:3pane");
const P = win.penfold ?? (win.penfold = {});
const sleep = ms => new Promise(r => win.setTimeout(r, ms));
async function until(what, f, ms = 20000) {
  const end = Date.now() + ms;
  for (;;) {
    const v = await f();
    if (v) return v;
    if (Date.now() > end) throw new Error("timed out: " + what);
    await sleep(50);
  }
}
const server = () => MailServices.accounts.accounts
    .map(a => a.incomingServer).find(s => s.type != "none");
const imapServer = () => server().QueryInterface(Ci.nsIImapIncomingServer);
async function quiet() {
  let calm = 0;
  await until("connections are idle", async () => {
    calm = imapServer().allConnectionsIdle ? calm + 1 : 0;
    return calm >= 5;
  }, 40000);
}
const urlDone = start => new Promise((resolve, reject) => start({
  OnStartRunningUrl() {},
  OnStopRunningUrl(url, code) {
    code ? reject(new Error("url failed: " + code.toString(16))) : resolve();
  },
}));
const copyDone = start => new Promise((resolve, reject) => start({
  onStartCopy() {}, onProgress() {}, setMessageKey() {},
  getMessageId() { return null; },
  onStopCopy(code) {
    code ? reject(new Error("copy failed: " + code.toString(16))) : resolve();
  },
}));
const root = () => server().rootFolder;
const folder = name => {
  // Thunderbird 153 calls it INBOX, 140 Inbox.
  const f = root().descendants.find(f => name == "INBOX" ?
      f.isSpecialFolder(Ci.nsMsgFolderFlags.Inbox, false) :
      f.name == name || f.prettyName == name || f.localizedName == name);
  if (!f) throw new Error("no folder " + name + " in " +
      root().descendants.map(f => f.name));
  return f;
};
async function update(f) {
  await quiet();
  await urlDone(l => f.QueryInterface(Ci.nsIMsgImapMailFolder)
      .updateFolderWithListener(null, l));
  await quiet();
}
const all = f => Array.from(f.messages);
const message = (f, subject) => {
  const m = all(f).find(h => h.mime2DecodedSubject == subject);
  if (!m) throw new Error("no message " + subject + " in " +
      all(f).map(h => h.mime2DecodedSubject));
  return m;
};
const bytes = input => {
  const s = Cc["@mozilla.org/binaryinputstream;1"]
      .createInstance(Ci.nsIBinaryInputStream);
  s.setInputStream(input);
  return s.readBytes(s.available());
};
const collect = start => new Promise((resolve, reject) => {
  let data = "";
  start({
    QueryInterface: ChromeUtils.generateQI(["nsIStreamListener"]),
    onStartRequest() {},
    onDataAvailable(request, input, offset, count) {
      const s = Cc["@mozilla.org/binaryinputstream;1"]
          .createInstance(Ci.nsIBinaryInputStream);
      s.setInputStream(input);
      data += s.readBytes(count);
    },
    onStopRequest(request, code) {
      code ? reject(new Error("stream: " + code.toString(16))) : resolve(data);
    },
  });
});
const source = (f, m) => {
  const uri = f.getUriForMsg(m);
  return collect(l => MailServices.messageServiceFromURI(uri)
      .streamMessage(uri, l, null, null, false, "", false));
};
"""


# A dialogue that opens a window would end the script that caused it.  So each
# is answered at once, and recorded.
ANSWERS = r"""
const asked = P.asked = [];
const answer = new Proxy({}, {
  get(_, name) {
    if (name == "QueryInterface") return () => answer;
    if (name == "getPrompt") return () => answer;
    return (...args) => {
      asked.push(String(name) + ": " + args.filter(
          a => typeof a == "string").join(" "));
      const yes = /^(async)?confirm/i.test(name) ?
          (/Ex/.test(name) ? 0 : true) : false;
      return /^async/.test(name) ? Promise.resolve(yes) : yes;
    };
  },
  has() { return true; },
});
P.factory = {
  createInstance() { return answer; },
  QueryInterface: ChromeUtils.generateQI(["nsIFactory"]),
};
Components.manager.QueryInterface(Ci.nsIComponentRegistrar).registerFactory(
    Services.uuid.generateUUID(), "answers at once",
    "@mozilla.org/prompter;1", P.factory);
"""


def free_port():
    with socket.socket() as s:
        s.bind((lib.HOST, 0))
        return s.getsockname()[1]


class Thunderbird:
    """One profile.  start() and quit() may be called several times."""

    def __init__(self, server, name):
        self.server = server
        self.home = os.path.join(server.dir, "thunderbird-" + name)
        self.profile = os.path.join(self.home, "profile")
        os.makedirs(os.path.join(self.home, ".thunderbird"))
        os.makedirs(os.path.join(self.home, "tmp"))
        os.makedirs(self.profile)
        self.port = free_port()
        with open(os.path.join(self.profile, "user.js"), "w") as f:
            for key, value in dict(PREFS, **{
                    "marionette.port": self.port}).items():
                f.write(f"user_pref({json.dumps(key)}, "
                        f"{json.dumps(value)});\n")
        db = "sql:" + self.profile
        lib.run(["certutil", "-N", "-d", db, "--empty-password"])
        lib.run(["certutil", "-A", "-d", db, "-n", "test", "-t", "C,,",
                 "-i", server.ca])
        self.process = self.socket = None

    def start(self):
        env = dict(os.environ, HOME=self.home, MOZ_HEADLESS="1",
                   XDG_RUNTIME_DIR=self.home, LC_ALL="C.UTF-8",
                   TMPDIR=os.path.join(self.home, "tmp"),
                   DBUS_SESSION_BUS_ADDRESS="disabled:",
                   MOZ_CRASHREPORTER_DISABLE="1")
        env.pop("DISPLAY", None)
        if os.environ.get("IMAP_LOG"):
            env.update(MOZ_LOG="IMAP:4,sync,timestamp",
                       MOZ_LOG_FILE=os.path.join(self.home, "imap.log"))
        self.log = open(os.path.join(self.home, "log"), "ab")
        self.process = subprocess.Popen(
            ["thunderbird", "--marionette", "--remote-allow-system-access",
             "--no-remote", "--new-instance", "--profile", self.profile],
            env=env, stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log, start_new_session=True)
        lib.wait_for("Thunderbird's Marionette answers", self._connect)
        self.command("WebDriver:NewSession", {"capabilities": {
            "alwaysMatch": {"unhandledPromptBehavior": "ignore"}}})
        self.command("Marionette:SetContext", {"value": "chrome"})
        lib.wait_for("its window is there", lambda: self.script(
            "return !!win && win.document.readyState == 'complete';",
            raw=True))
        self.script(ANSWERS)
        return self

    def _connect(self):
        lib.need(self.process.poll() is None, "Thunderbird ended")
        try:
            self.socket = socket.create_connection((lib.HOST, self.port), 5)
        except OSError:
            return False
        self.socket.settimeout(120)
        self.stream = self.socket.makefile("rb")
        self.count = 0
        self._receive()
        return True

    def _receive(self):
        length = b""
        while not length.endswith(b":"):
            byte = self.stream.read(1)
            lib.need(byte, "Thunderbird closed Marionette")
            length += byte
        return json.loads(self.stream.read(int(length[:-1])))

    def command(self, name, parameters):
        self.count += 1
        text = json.dumps([0, self.count, name, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(text), text))
        _, _, error, result = self._receive()
        lib.need(error is None, f"{name}: {error}")
        return result

    def script(self, body, *args, timeout=60, raw=False):
        """Run the body of an async function and return its value."""
        text = ("const [...args] = arguments; const done = args.pop();"
                + ("const win = Services.wm.getMostRecentWindow("
                   "'mail:3pane');" if raw else PRELUDE)
                + "(async () => {" + body + "})().then("
                "v => done({ok: v === undefined ? null : v}),"
                "e => done({err: String(e) + ' ' + (e.stack || ''),"
                "asked: win.penfold?.asked}));")
        value = self.command("WebDriver:ExecuteAsyncScript", {
            "script": text, "args": list(args), "sandbox": "system",
            "newSandbox": False, "scriptTimeout": timeout * 1000})["value"]
        lib.need(value is not None, "a dialogue ended the script")
        if "err" in value:
            raise AssertionError(f"{value['err']} asked: {value.get('asked')}")
        return value["ok"]

    def account(self, kind, port, security, user):
        """Make an account as the wizard does it, with a stored password."""
        self.script(r"""
const [kind, host, port, security, user, password] = args;
const origin = (kind == "imap" ? "imap://" : "mailbox://") + host;
const login = Cc["@mozilla.org/login-manager/loginInfo;1"]
    .createInstance(Ci.nsILoginInfo);
login.init(origin, null, origin, user, password, "", "");
await Services.logins.addLoginAsync(login);
const s = MailServices.accounts.createIncomingServer(user, host, kind);
s.port = port;
s.socketType = security;
s.authMethod = 3;
if (kind == "imap") {
  const i = s.QueryInterface(Ci.nsIImapIncomingServer);
  i.deleteModel = 1;
  i.useIdle = true;
  i.offlineDownload = false;
  s.setBoolValue("autosync_offline_stores", false);
} else {
  s.setBoolValue("login_at_startup", false);
}
s.loginAtStartUp = false;
s.doBiff = false;
const id = MailServices.accounts.createIdentity();
id.email = user + "@example.org";
id.fullName = "Alice";
const account = MailServices.accounts.createAccount();
account.incomingServer = s;
account.addIdentity(id);
MailServices.accounts.defaultAccount = account;
""", kind, lib.HOST, port, security, user, lib.PASSWORD)

    def quit(self):
        """Quit as a user does, so that databases are written."""
        try:
            self.command("Marionette:Quit", {"flags": ["eAttemptQuit"]})
        except (AssertionError, OSError):
            pass
        self.socket.close()
        try:
            self.process.wait(60)
        finally:
            self.kill()

    def kill(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, 9)
            self.process.wait()
        if self.process:
            self.log.close()
        self.process = None
        time.sleep(0)
