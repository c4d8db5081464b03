"""Request and response side by side, in the words of the text twin."""

from __future__ import annotations

from dataclasses import replace

from helpers.pictures.handshake_view import (
    MAX_HANDSHAKES,
    NOTHING,
    Handshake,
    draw_handshakes,
    find_handshakes,
)
from helpers.wire.handshake import Request, Response
from helpers.wire.transcript import CLIENT_TO_SERVER, SERVER_TO_CLIENT, Chunk, Transcript, entries
from tests.pictures.reading import rows
from tests.pictures.samples import (
    RFC_KEY,
    Recorder,
    refused,
    rfc_handshake,
    short_talk,
    socketio,
    talk,
)


def test_the_example_of_the_rfc() -> None:
    assert str(draw_handshakes([Handshake(*rfc_handshake())])) == (
        """\
client→server request
  GET /chat HTTP/1.1                           asks for /chat
  Host: server.example.com                     which server is meant
  Upgrade: websocket                           the protocol to switch to
  Connection: Upgrade                          Upgrade is for this connection
  Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==  a random question to the server
  Sec-WebSocket-Version: 13                    the protocol's version, always 13
  Origin: http://server.example.com            which site's page is asking
  Sec-WebSocket-Protocol: chat, superchat      subprotocols offered, the preferred one first
server→client response
  HTTP/1.1 101 Switching Protocols                    agreed: HTTP ends here
  Upgrade: websocket                                  the protocol to switch to
  Connection: Upgrade                                 Upgrade is for this connection
  Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=  the answer to the key
  Sec-WebSocket-Protocol: chat                        the subprotocol chosen
how the answer is made from the key
  Sec-WebSocket-Key     dGhlIHNhbXBsZSBub25jZQ==
  followed by the GUID  258EAFA5-E914-47DA-95CA-C5AB0DC85B11
  SHA-1 of both         b3 7a 4f 2c c0 62 4f 16 90 f6 46 06 cf 38 59 45 b2 be c4 ea
  in base64             s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
this is Sec-WebSocket-Accept: the other side speaks WebSocket"""
    )


def test_what_differs_from_run_to_run_is_named_not_shown() -> None:
    picture = str(draw_handshakes(find_handshakes(entries(short_talk()))))
    for line in (
        "Sec-WebSocket-Key: (24 characters, random)",
        "Sec-WebSocket-Accept: (28 characters, made from the key)",
        "User-Agent: (varies)",
        "Server: (varies)",
        "Date: (varies)",
        "SHA-1 of both         (20 bytes)",
        "in base64             (28 characters)",
    ):
        assert line in picture


def test_exact_shows_everything() -> None:
    picture = str(draw_handshakes(find_handshakes(entries(short_talk())), exact=True))
    assert "random)" not in picture
    assert "(varies)" not in picture
    assert "this is Sec-WebSocket-Accept" in picture


def test_a_refusal_shows_status_and_reason() -> None:
    picture = str(draw_handshakes(find_handshakes(entries(refused()))))
    assert "  HTTP/1.1 403 Forbidden                   refused\n" in picture
    assert picture.splitlines()[-1].startswith(
        "refused: 403 Forbidden: Origin must be the server's own, '127.0.0.1:43121'"
    )
    assert "how the answer is made" not in picture
    assert "Content-Length: (varies)" in picture  # it depends on the length of the port


def test_a_wrong_answer_is_told() -> None:
    request, response = rfc_handshake()
    headers = tuple(
        (name, "x" if name == "Sec-WebSocket-Accept" else value)
        for name, value in response.headers
    )
    picture = draw_handshakes([Handshake(request, replace(response, headers=headers))])
    assert str(picture).endswith(
        "this is not Sec-WebSocket-Accept: the client must close (RFC 6455 §4.1)"
    )
    assert '<p class="bad">this is not' in picture.html


def test_a_missing_answer_is_told_only_of_a_recording() -> None:
    recorded = find_handshakes(entries(short_talk())[:2])
    assert str(draw_handshakes(recorded)).endswith("no response recorded")
    request, _ = rfc_handshake()
    assert "no response" not in str(draw_handshakes([Handshake(request, None)]))


def test_several_connections_one_below_the_other() -> None:
    picture = str(draw_handshakes(find_handshakes(entries(talk(connections=2)))))
    assert picture.startswith("connection 1\nclient→server request")
    assert "\nconnection 2\nclient→server request" in picture


def test_plain_http_is_left_out_unless_there_is_nothing_else() -> None:
    page = Request("GET", "/", (("Host", "127.0.0.1:43121"),))
    found = Response(200, "OK", (("Content-Length", "0"),))
    recorder = Recorder()
    recorder.sent(1, CLIENT_TO_SERVER, page.encode())
    recorder.sent(1, SERVER_TO_CLIENT, found.encode())
    alone = find_handshakes(entries(recorder.transcript))
    assert [handshake.response and handshake.response.status for handshake in alone] == [200]
    recorder.handshake(2)
    both = find_handshakes(entries(recorder.transcript))
    assert [handshake.connection for handshake in both] == [2]


def test_a_handshake_without_upgrade_is_one_all_the_same() -> None:
    request, _ = rfc_handshake()
    headers = tuple(header for header in request.headers if header[0] != "Upgrade")
    recorder = Recorder()
    recorder.sent(1, CLIENT_TO_SERVER, replace(request, headers=headers).encode())
    recorder.handshake(2)
    found = find_handshakes(entries(recorder.transcript))
    assert [handshake.connection for handshake in found] == [1, 2]


def test_many_handshakes_are_cut_off_with_a_count() -> None:
    pair = Handshake(*rfc_handshake())
    picture = draw_handshakes([pair] * (MAX_HANDSHAKES + 2))
    assert str(picture).endswith("… 2 handshakes more …")
    assert "… 2 handshakes more …" in picture.html


def test_user_text_stays_text() -> None:
    request = Request("GET", "/<b>", (("X-Evil", "<script>alert(1)</script>"),))
    picture = draw_handshakes([Handshake(request, None)])
    assert "<script>" not in picture.html
    assert rows(picture.html)[1] == ["X-Evil: <script>alert(1)</script>", ""]


def test_the_length_of_a_port_moves_nothing() -> None:
    pictures = [
        str(draw_handshakes(find_handshakes(entries(refused(port=port)))))
        for port in (8765, 43121)
    ]
    assert pictures[0].replace("8765", "PORT") == pictures[1].replace("43121", "PORT")


def test_nothing_yet() -> None:
    assert str(draw_handshakes([])) == NOTHING


def test_the_rfc_key_is_no_secret() -> None:
    recorder = Recorder()
    recorder.handshake(1, RFC_KEY)
    assert RFC_KEY in str(draw_handshakes(find_handshakes(entries(recorder.transcript))))


def test_the_ids_of_engine_io_are_hidden() -> None:
    shown, again = (
        str(draw_handshakes(find_handshakes(entries(socketio(seed))))) for seed in (1, 2)
    )
    assert shown == again
    assert "GET /socket.io/?EIO=4&transport=websocket&sid=… HTTP/1.1" in shown


def test_a_recording_may_begin_with_a_response() -> None:
    transcript = Transcript()
    transcript.add(Chunk(1, SERVER_TO_CLIENT, rfc_handshake()[1].encode(), 0.0))
    picture = str(draw_handshakes(find_handshakes(entries(transcript))))
    assert picture.startswith("server→client response")


def test_a_browsers_own_headers_have_a_job() -> None:
    headers = (("Sec-Fetch-Mode", "websocket"), ("Upgrade", "websocket"))
    picture = str(draw_handshakes([Handshake(Request("GET", "/ws", headers), None)]))
    assert "what the browser says about itself" in picture
