"""TLS and client certificates, with certificates made on the spot."""

import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import time
import unittest
import warnings

from service import PATIENCE, Service


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_authority(service, name):
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", service.path(name + ".key"), "-out", service.path(name + ".pem"))


def make_certificate(service, authority, name):
    service.write(name + ".ext", "subjectAltName=IP:127.0.0.1\n")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", service.path(name + ".key"), "-out", service.path(name + ".csr"))
    openssl("x509", "-req", "-days", "2", "-in", service.path(name + ".csr"), "-CA", service.path(authority + ".pem"), "-CAkey", service.path(authority + ".key"), "-CAcreateserial", "-extfile", service.path(name + ".ext"), "-out", service.path(name + ".pem"))


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        service = cls.service = Service("")
        for authority in ("ca", "stranger"):
            make_authority(service, authority)
        make_certificate(service, "ca", "server")
        make_certificate(service, "ca", "client")
        make_certificate(service, "stranger", "intruder")
        path = service.path
        service.config = f"tls: {{certificate: {path('server.pem')}, key: {path('server.key')}, client_ca: {path('ca.pem')}}}\nstreams: [{{name: shop}}]\n"
        service.start()

    @classmethod
    def tearDownClass(cls):
        cls.service.stop()
        shutil.rmtree(cls.service.folder)

    def context(self, client=None):
        context = ssl.create_default_context(cafile=self.service.path("ca.pem"))
        if client:
            context.load_cert_chain(self.service.path(client + ".pem"), self.service.path(client + ".key"))
        return context

    def get(self, context):
        host, port = self.service.api.rsplit(":", 1)
        connection = http.client.HTTPSConnection(host, int(port), context=context, timeout=PATIENCE)
        try:
            connection.request("GET", "/v1/streams")
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def test_a_trusted_client_certificate_has_every_right(self):
        status, answer = self.get(self.context("client"))
        self.assertEqual((status, answer["streams"][0]["name"]), (200, "shop"))

    def test_without_a_certificate_the_answer_is_401(self):
        self.assertEqual(self.get(self.context())[0], 401)

    def test_a_strangers_certificate_does_not_count(self):
        try:
            status = self.get(self.context("intruder"))[0]
        except (ssl.SSLError, ConnectionError, http.client.RemoteDisconnected):
            status = 401
        self.assertEqual(status, 401)

    def test_old_protocol_versions_are_refused(self):
        context = self.context("client")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.get(context)

    def test_plain_http_gets_no_answer(self):
        with self.assertRaises((ConnectionError, http.client.HTTPException, OSError)):
            self.service.call("GET", "/v1/streams")

    def test_a_key_that_does_not_match_is_refused_at_the_start(self):
        service = Service(f"tls: {{certificate: {self.service.path('server.pem')}, key: {self.service.path('client.key')}}}\n")
        with self.assertRaisesRegex(RuntimeError, "tls.certificate and tls.key"):
            service.start()
        shutil.rmtree(service.folder)


class Rotation(unittest.TestCase):
    """SIGHUP after the files behind `tls` have been replaced."""

    def setUp(self):
        service = self.service = Service("")
        for authority in ("ca", "next-ca"):
            make_authority(service, authority)
        for name in ("first", "second"):
            make_certificate(service, "ca", name)
        make_certificate(service, "next-ca", "client")
        self.put("first")
        shutil.copy(service.path("ca.pem"), service.path("clients.pem"))
        path = service.path
        service.config = f"tls: {{certificate: {path('server.pem')}, key: {path('server.key')}, client_ca: {path('clients.pem')}}}\nstreams: [{{name: shop}}]\n"
        service.start()

    def tearDown(self):
        self.service.stop()
        shutil.rmtree(self.service.folder)

    def put(self, name, kinds=("pem", "key")):
        for kind in kinds:
            shutil.copy(self.service.path(f"{name}.{kind}"), self.service.path(f"server.{kind}"))

    def connect(self, client=None):
        context = ssl.create_default_context(cafile=self.service.path("ca.pem"))
        if client:
            context.load_cert_chain(self.service.path(client + ".pem"), self.service.path(client + ".key"))
        host, port = self.service.api.rsplit(":", 1)
        connection = http.client.HTTPSConnection(host, int(port), context=context, timeout=PATIENCE)
        connection.connect()
        self.addCleanup(connection.close)
        return connection

    def served(self, connection):
        return dict(pair[0] for pair in connection.sock.getpeercert()["subject"])["commonName"]

    def get(self, connection):
        connection.request("GET", "/v1/streams")
        response = connection.getresponse()
        response.read()
        return response.status, response.headers.get("Connection")

    def reload(self, outcome, count=1):
        self.service.process.send_signal(signal.SIGHUP)
        return self.service.wait_logged(outcome, count)[-1]

    def test_new_handshakes_get_the_new_certificate_and_open_connections_go_on(self):
        old = self.connect()
        self.assertEqual(self.served(old), "first")
        self.assertEqual(self.get(old), (401, None))
        socket_before = old.sock
        self.put("second")
        self.reload("configuration reloaded")
        self.assertEqual(self.served(self.connect()), "second")
        self.assertIs(old.sock, socket_before)
        self.assertEqual(self.get(old), (401, "close"), "its next answer, and the word to come back anew")
        old.connect()
        self.assertEqual((self.served(old), self.get(old)), ("second", (401, None)))

    def test_other_client_authorities_count_at_once(self):
        self.assertEqual(self.get(self.connect("client"))[0], 401)
        shutil.copy(self.service.path("next-ca.pem"), self.service.path("clients.pem"))
        self.reload("configuration reloaded")
        self.assertEqual(self.get(self.connect("client"))[0], 200)

    def test_a_pair_that_does_not_match_leaves_the_old_one_in_force(self):
        self.put("second", kinds=("key",))
        refused = self.reload("configuration refused; the one in force stays")
        self.assertEqual(refused["field"], "tls")
        self.assertIn("belong together", refused["detail"])
        self.assertEqual(self.served(self.connect()), "first")

    def test_many_rotations_leave_nothing_behind(self):
        def descriptors():
            return len(os.listdir(f"/proc/{self.service.process.pid}/fd"))

        before = descriptors()
        for turn in range(1, 7):
            self.put(("first", "second")[turn % 2])
            self.reload("configuration reloaded", turn)
            self.assertEqual(self.served(self.connect()), ("first", "second")[turn % 2])
        self.doCleanups()
        end = time.monotonic() + PATIENCE
        while descriptors() > before and time.monotonic() < end:
            time.sleep(0.1)
        self.assertLessEqual(descriptors(), before)


if __name__ == "__main__":
    unittest.main()
