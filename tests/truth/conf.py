# SPDX-License-Identifier: MIT
"""The configuration of a random site's nginx."""

import os
import pathlib

MODULES = pathlib.Path("/usr/lib/nginx/modules")

TOP = """
{modules}
daemon off;
{user}
worker_processes {workers};
pid nginx.pid;
error_log error.log;
events {{
    worker_connections 4096;
}}
http {{
    access_log off;
    default_type text/plain;
    client_body_temp_path temp;
    proxy_temp_path temp;
    fastcgi_temp_path temp;
    uwsgi_temp_path temp;
    scgi_temp_path temp;
    keepalive_timeout 900s;
    keepalive_requests 1000000;
    client_header_timeout 900s;
    client_body_timeout 900s;
    send_timeout 900s;
    lingering_timeout 900s;
    lingering_time 900s;
    proxy_connect_timeout 900s;
    proxy_read_timeout 900s;
    proxy_send_timeout 900s;
    uwsgi_read_timeout 900s;
    uwsgi_send_timeout 900s;
    client_max_body_size 0;
    ssl_certificate {cert};
    ssl_certificate_key {key};
    limit_req_zone $nginx_version zone=one_each_minute:1m rate=1r/m;
{http}
    upstream pool {{
        server {pool};
        keepalive 64;
    }}
    server {{
{listen}
        location = /stub_status {{
            stub_status;
        }}
        location = /nginx_status {{
            stub_status;
        }}
        location = /small {{
            return 200 "hello\\n";
        }}
        location = /file {{
            alias {folder}/file;
        }}
        location = /large {{
            alias {folder}/large;
        }}
        location = /throttled {{
            alias {folder}/file;
            limit_rate 1k;
        }}
        location = /linger {{
            lingering_close always;
            keepalive_timeout 0;
            return 200 "bye\\n";
        }}
        location = /delayed {{
            alias {folder}/file;
            limit_req zone=one_each_minute burst=1000;
        }}
        location / {{
            {app_pass}
        }}
        location /unbuffered/ {{
            {app_pass}
            {app}_buffering off;
            {app}_request_buffering off;
        }}
        location /ignoring/ {{
            {app_pass}
            {app}_ignore_client_abort on;
        }}
        location = /ignoring-hang {{
            proxy_pass http://{hang};
            proxy_ignore_client_abort on;
        }}
        location = /unbuffered-hang {{
            proxy_pass http://{hang};
            proxy_http_version 1.1;
            proxy_request_buffering off;
        }}
        location = /pool {{
            proxy_pass http://pool;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
        location = /stream {{
            proxy_pass http://{stream};
            proxy_buffering off;
        }}
        location = /websocket {{
            proxy_pass http://{websocket};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
        }}
{locations}
    }}
}}
{blocks}
"""

# Locations that go to a server of our own, and do nothing else.
PASSED = ("hang", "hang-unix", "deaf", "deaf-unix", "dead")

# What only some sites have: (in the http block, in the server).
FEATURES = {
    "cache": ("    proxy_cache_path cache keys_zone=all:1m;", """
        location = /cache {
            proxy_cache all;
            proxy_cache_lock on;
            proxy_cache_lock_timeout 900s;
            proxy_cache_lock_age 900s;
            proxy_pass http://@hang@;
        }"""),
    "auth": ("", """
        location = /auth {
            auth_request /hang;
            alias @folder@/file;
        }"""),
    "dns": ("    resolver 127.0.0.1:@dns@;\n    resolver_timeout 900s;", """
        location = /dns {
            set $nowhere nowhere.example;
            proxy_pass http://$nowhere;
        }"""),
    "self": ("", """
        location = /self {
            proxy_pass http://127.0.0.1:@port@/hang;
        }"""),
    # uWSGI is told what the PROXY protocol says: an address that no socket of nginx has.
    "realip": ("    set_real_ip_from 127.0.0.1;\n    real_ip_header proxy_protocol;", ""),
    "grpc": ("", """
        location = /grpc {
            grpc_pass grpc://@grpc@;
            grpc_read_timeout 900s;
        }"""),
}

# The options of listen directives for each door of the http block.
LISTEN = {
    "tcp": "", "reuseport": " reuseport", "proxy": " proxy_protocol", "tcp6": "",
    "tls": " ssl", "h2": " http2", "h2tls": " ssl http2", "unix": "",
}
BLOCKS = {
    "stream": "stream {{\n    server {{\n        listen {stream_door};\n"
              "        proxy_pass {session};\n        proxy_timeout 900s;\n    }}\n"
              "    server {{\n        listen {echo_door};\n"
              "        proxy_pass {echo};\n        proxy_timeout 900s;\n    }}\n}}\n",
    "mail": "mail {{\n    auth_http {hang}/;\n    timeout 900s;\n"
            "    server {{\n        listen {mail_door};\n        protocol imap;\n    }}\n"
            "    server {{\n        listen {smtp_door};\n        protocol smtp;\n"
            "        smtp_auth none;\n    }}\n}}\n",
}


def _module(name):
    """What loads it, unless it is built in."""
    path = MODULES / f"ngx_{name}_module.so"
    return f"load_module {path};" if path.exists() else ""


def _fill(text, words):
    for word, value in words.items():
        text = text.replace(f"@{word}@", str(value))
    return text


def _pass(app, address):
    if app == "uwsgi":
        return f"include /etc/nginx/uwsgi_params; uwsgi_pass {address};"
    return f"proxy_pass http://{address};"


def text(shape, doors, addresses, words):
    """`doors` are the addresses of listeners by name, `addresses` those of servers behind nginx,
    `words` what else there is to fill in: folder, cert, key, port, dns."""
    passed = "".join(f"        location = /{name} {{ proxy_pass http://{addresses[name]}; }}\n"
                     for name in PASSED)
    features = [FEATURES[name] for name in sorted(shape.features)]
    blocks = [name for name in BLOCKS if name in shape.blocks]
    words = {**words, **addresses}
    app = "proxy" if shape.app.speaks_http else "uwsgi"
    return TOP.format(
        modules="\n".join(map(_module, blocks)),
        user="user www-data;" if os.geteuid() == 0 else "", workers=shape.workers,
        cert=words["cert"], key=words["key"], folder=words["folder"],
        pool=addresses["pool"], hang=addresses["hang"], stream=addresses["stream"],
        websocket=addresses["websocket"], app=app, app_pass=_pass(app, addresses["app"]),
        http=_fill("\n".join(http for http, _ in features), words),
        locations=passed + _fill("".join(location for _, location in features), words),
        listen="\n".join(f"        listen {doors[name]}{LISTEN[name]};"
                         for name in LISTEN if name in doors),
        blocks="".join(BLOCKS[name] for name in blocks).format(
            **addresses, **{f"{name}_door": address for name, address in doors.items()}))
