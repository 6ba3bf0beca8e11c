"""Secrets: where a passphrase may come from, variables in a camera's source, and what is hidden of
a text.
"""

import os

import pytest

from liquid_nav.credentials import PASSPHRASE_VARIABLE, expand, read_passphrase, redact
from liquid_nav.errors import UserError

SECRET = "open sesame"
VARIABLE = {PASSPHRASE_VARIABLE: SECRET}


@pytest.fixture
def file(tmp_path):
    """A file that only its owner may read."""
    path = tmp_path / "passphrase"
    path.write_text(f"{SECRET}\n")
    path.chmod(0o600)
    return path


def refused(path, environment):
    """Return the one line with which it is refused; it never quotes the passphrase."""
    with pytest.raises(UserError) as caught:
        read_passphrase(str(path), environment)
    line = str(caught.value)
    assert "\n" not in line and "sesame" not in line
    assert caught.value.cause and caught.value.remedy
    return line


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_the_passphrase_is_the_files_line_without_its_end(file, ending):
    file.write_bytes(f" {SECRET} {ending}".encode())
    assert read_passphrase(str(file), {}) == f" {SECRET} "


def test_the_passphrase_is_the_variables_value():
    assert read_passphrase("", VARIABLE) == SECRET
    assert read_passphrase("", {PASSPHRASE_VARIABLE: f"{SECRET}\n"}) == SECRET


def test_without_file_and_variable_there_is_no_passphrase():
    assert read_passphrase("", {"HOME": "/root"}) == ""


def test_a_file_may_lie_below_the_home_folder(file, monkeypatch):
    monkeypatch.setenv("HOME", str(file.parent))
    assert read_passphrase("~/passphrase", {}) == SECRET


@pytest.mark.parametrize("value", [SECRET, ""])
def test_file_and_variable_together_are_refused(file, value):
    assert "given twice" in refused(file, {PASSPHRASE_VARIABLE: value})


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601])
def test_a_file_that_others_may_use_is_refused(file, mode):
    file.chmod(mode)
    line = refused(file, {})
    assert f"mode {mode:04o}" in line and f"chmod 600 {file}" in line


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_of_the_owner_alone_is_taken(file, mode):
    file.chmod(mode)
    assert read_passphrase(str(file), {}) == SECRET


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert "No such file" in refused(tmp_path / "none", {})


def test_a_folder_and_a_pipe_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path, tmp_path / "pipe"):
        assert "not a regular file" in refused(path, {})


@pytest.mark.parametrize("text", ["", "\n", "\r\n"])
def test_an_empty_file_is_refused(file, text):
    file.write_text(text)
    assert f"{file} holds no signing passphrase" in refused(file, {})


@pytest.mark.parametrize("text", ["", "\n"])
def test_an_empty_variable_is_refused_and_does_not_mean_unsigned(text):
    assert f"{PASSPHRASE_VARIABLE} holds no signing passphrase" in refused(
        "", {PASSPHRASE_VARIABLE: text}
    )


def test_more_than_one_line_is_refused(file):
    file.write_text(f"{SECRET}\n\n")
    assert "more than one line" in refused(file, {})


def test_a_file_that_is_no_text_is_refused_without_quoting_it(file):
    file.write_bytes(b"sesame\xff")
    with pytest.raises(UserError, match="not UTF-8") as caught:
        read_passphrase(str(file), {})
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://user:s3cret@10.0.0.5:554/a", "rtsp://***@10.0.0.5:554/a"),
        ("http://s3cret@cam/x", "http://***@cam/x"),
        ("RTSP://user:s3@cret@cam/x", "RTSP://***@cam/x"),
        ("rtsp://user:s3/cr?et#1@cam/x", "rtsp://***@cam/x"),
        ("rtsp://user:s3cret@cam/a@2x", "rtsp://***@cam/a@2x"),
        ("rtsp://user:${PASSWORD}@cam/x", "rtsp://***@cam/x"),
        ("rtsp://user:s3cret@[fe80::1]:554/x", "rtsp://***@[fe80::1]:554/x"),
        ("tcp+tls://a:s3cret@b, http://c:s3cret@d.", "tcp+tls://***@b, http://***@d."),
        ("cannot open 'rtsp://u:s3cret@h/x': why?", "cannot open 'rtsp://***@h/x': why?"),
        (
            "rtspsrc location=rtsp://u:s3cret@h/x latency=0 ! appsink",
            "rtspsrc location=rtsp://***@h/x latency=0 ! appsink",
        ),
        (
            'rtspsrc location="rtsp://u:s3cret@h/x" ! appsink',
            'rtspsrc location="rtsp://***@h/x" ! appsink',
        ),
        (
            "rtspsrc user-id=s3cret user-pw=s3cret latency=0 ! appsink",
            "rtspsrc user-id=*** user-pw=*** latency=0 ! appsink",
        ),
        ('rtspsrc user-pw = "s3 \\"cret s3" ! appsink', "rtspsrc user-pw = *** ! appsink"),
        ("rtspsrc user-pw='s3 cret' ! appsink", "rtspsrc user-pw=*** ! appsink"),
        ("rtspsrc user-pw=s3\\ cret ! appsink", "rtspsrc user-pw=*** ! appsink"),
        ('rtspsrc user-pw=(string)"s3 cret" ! appsink', "rtspsrc user-pw=*** ! appsink"),
        (
            "souphttpsrc proxy-id=s3cret proxy-pw=s3cret ! appsink",
            "souphttpsrc proxy-id=*** proxy-pw=*** ! appsink",
        ),
        (
            "srtsrc uri=srt://h:1 passphrase=s3cret ! appsink",
            "srtsrc uri=srt://h:1 passphrase=*** ! appsink",
        ),
        ("http://h/x?password=s3cret&channel=1", "http://h/x?password=***&channel=1"),
        ("http://h/x?a=1&PassWd=s3cret", "http://h/x?a=1&PassWd=***"),
        ("http://h/x?pwd=s3cret#top", "http://h/x?pwd=***"),
        (
            "http://h/x?token=s3cret: is the address right?",
            "http://h/x?token=***: is the address right?",
        ),
        ("http://h/x?api_key=s3cret&accessToken=s3cret", "http://h/x?api_key=***&accessToken=***"),
        ("http://h/x?client-secret=s3:cret", "http://h/x?client-secret=***"),
        ("http://h/x?loginuse=me&loginpas=s3cret", "http://h/x?loginuse=me&loginpas=***"),
        (
            "rtsp://h:554/user=me&password=s3cret&channel=1",
            "rtsp://h:554/user=me&password=***&channel=1",
        ),
        ("srt://h:1?passphrase=s3cret", "srt://h:1?passphrase=***"),
        ("http://u:s3cret@h/x?key=s3cret", "http://***@h/x?key=***"),
    ],
)
def test_secrets_are_hidden(text, shown):
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "/dev/video0",
        "flights/a@b.mp4",
        "rtsp://10.0.0.5:554/stream",
        "http://h:8080/axis@live",
        "http://h:8080?to=a@b",
        "write to a@b.org about http://h/x",
        "http://h/x?keyframe=1&user=me&password=",
        "libcamerasrc ! video/x-raw,format=BGR,key=1 ! appsink",
        "x264enc key-int-max=30 ! appsink",
        "unexpected token=3 in line 4",
        "my-user-id=3",
        "the stream has ended",
        "",
    ],
)
def test_everything_else_stays(text):
    assert redact(text) == text


def test_variables_are_replaced_from_the_environment_once():
    found = expand(
        "rtsp://${USER_1}:${PASSWORD}@h/$x", {"USER_1": "me", "PASSWORD": "${USER_1}&$1\\1"}
    )
    assert found == "rtsp://me:${USER_1}&$1\\1@h/$x"


def test_a_variable_may_be_empty():
    assert expand("rtsp://me:${PASSWORD}@h", {"PASSWORD": ""}) == "rtsp://me:@h"


def test_a_variable_that_is_not_set_is_refused():
    with pytest.raises(
        UserError, match="CAMERA_PASSWORD, which is not set. export CAMERA_PASSWORD"
    ):
        expand("rtsp://me:${CAMERA_PASSWORD}@h", {"PASSWORD": "x"})


@pytest.mark.parametrize("source", ["rtsp://me:${PASSWORD@h", "${}", "${A B}", "${1}"])
def test_a_variable_without_a_name_is_refused(source):
    with pytest.raises(UserError, match="write \\${NAME}"):
        expand(source, {"PASSWORD": "x", "1": "x"})
