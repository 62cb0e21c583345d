"""TLS and client certificates, with certificates made on the spot."""

import http.client
import json
import shutil
import ssl
import subprocess
import unittest

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


if __name__ == "__main__":
    unittest.main()
