# SPDX-License-Identifier: MIT
"""What the test nginx serves beside its status pages: wrong pages, a password, TLS, other names."""

from answers import STUB_STATUS
from certificates import SERVER_NAME
from demo.site import free_port

USER, PASSWORD = "monitor", "s3cret-of-nobody"

LOCATIONS = """
        location = /private {{
            auth_basic "status";
            auth_basic_user_file {passwords};
            stub_status;
        }}
        location = /redirect {{
            return 301 /stub_status;
        }}
        location = /page.html {{
            default_type text/html;
            return 200 "<!DOCTYPE html>\\n<html><body>It works!</body></html>\\n";
        }}
        location = /missing {{
            return 404;
        }}
        location = /broken {{
            return 500 "{valid_page}";
        }}
        location = /empty {{
            return 200 "";
        }}
"""

SERVERS = """
    server {{
        listen 127.0.0.1:{tls_port} ssl;
        server_name {name};
        ssl_certificate {ca.server_cert};
        ssl_certificate_key {ca.server_key};
        location = /stub_status {{
            stub_status;
        }}
    }}
    server {{
        listen 127.0.0.1:{client_tls_port} ssl;
        ssl_certificate {ca.server_cert};
        ssl_certificate_key {ca.server_key};
        ssl_client_certificate {ca.ca};
        ssl_verify_client on;
        location = /stub_status {{
            stub_status;
        }}
    }}
    server {{
        listen [::1]:{v6_port};
        location = /stub_status {{
            stub_status;
        }}
    }}
    server {{
        listen 127.0.0.1:{names_port} default_server;
        return 404;
    }}
    server {{
        listen 127.0.0.1:{names_port};
        server_name {name};
        location = /stub_status {{
            stub_status;
        }}
    }}
"""


class Pages:
    """`tls_port`: TLS. `client_tls_port`: TLS that asks for a client's certificate. `v6_port`: on
    [::1] only. `names_port`: the status page for Host: status.example.org only."""

    def __init__(self, ca):
        self.tls_port = free_port()
        self.client_tls_port = free_port()
        self.names_port = free_port()
        self.v6_port = free_port("::1")
        passwords = ca.ca.parent / "passwords"
        passwords.write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        self.locations = LOCATIONS.format(passwords=passwords,
                                          valid_page=STUB_STATUS.decode())
        self.servers = SERVERS.format(ca=ca, name=SERVER_NAME, **vars(self))
