/* SPDX-License-Identifier: MIT */
/* config_option.c - the exporter's options and their --help; see config_option.h. */
#include "config_option.h"

const struct option_group exporter_group[] = {
	{"nginx", OPT_NGINX},
	{"uWSGI", OPT_UWSGI},
	{"Many sites, and /probe", OPT_FILE},
	{"What is shown", OPT_LEDGER},
	{"Where it is served", OPT_LISTEN},
	{"Log", OPT_LEVEL},
	{"Other", OPT_ONCE},
};
const size_t exporter_group_len = ARRAY_LEN(exporter_group);

/* Without a help text: options of the peers' that are taken, or refused with a word of advice. */
const struct option_spec exporter_option[] = {
	{OPT_NGINX, 0, "nginx.scrape-uri", "TARGET",
	 "stub_status page: http://host[:port]/path, https://... or unix:/socket:/path; "
	 "repeatable [" EXPORTER_NGINX_DEFAULT ", if nothing else is given]",
	 false},
	{OPT_PORTS, 0, "nginx.ports", "PORTS",
	 "ports that nginx listens on, and its unix sockets, such as 80,443,unix:/run/nginx.sock, "
	 "where they cannot be found out; repeatable",
	 false},
	{OPT_UPSTREAM, 0, "nginx.upstream", "ADDRESS",
	 "a server other than uWSGI that nginx passes requests to: host:port or unix:/socket; "
	 "repeatable",
	 false},
	{OPT_CONNECTIONS, 0, "nginx.worker-connections", "NUMBER",
	 "nginx's worker_connections, to say when leaking connections will have used them up",
	 false},
	{OPT_TIMEOUT, 0, "nginx.timeout", "TIME", "how long a target may take, of both kinds [5s]",
	 false},
	{OPT_VERIFY, 0, "nginx.ssl-verify", NULL,
	 "verify the certificates of https:// targets [true]", true},
	{OPT_CA, 0, "nginx.ssl-ca-cert", "FILE", "PEM file of authorities to trust [the system's]",
	 false},
	{OPT_CERT, 0, "nginx.ssl-client-cert", "FILE", "PEM file of a client certificate", false},
	{OPT_KEY, 0, "nginx.ssl-client-key", "FILE", "PEM file of its key", false},
	{OPT_PLUS, 0, "nginx.plus", NULL, NULL, true},
	{OPT_PROXY_PROTOCOL, 0, "nginx.proxy-protocol", NULL, NULL, true},
	{OPT_RETRIES, 0, "nginx.retries", "NUMBER", NULL, false},
	{OPT_RETRY_INTERVAL, 0, "nginx.retry-interval", "TIME", NULL, false},
	{OPT_UWSGI, 0, "uwsgi.stats-uri", "TARGET",
	 "stats server: host:port, unix:/socket, unix:@name or http://host:port/; repeatable",
	 false},
	{OPT_UWSGI_ALIAS, 0, "stats.uri", "TARGET", "the same as --uwsgi.stats-uri", false},
	{OPT_OFFSET, 0, "timeout-offset", "SECONDS",
	 "taken off the time that Prometheus says it will wait [0.25]", false},
	{OPT_STATS_TIMEOUT, 0, "stats.timeout", "TIME", NULL, false},
	{OPT_FILE, 0, "config.file", "FILE",
	 "YAML file of sites and of modules for /probe; read again at SIGHUP", false},
	{OPT_CHECK, 0, "check-config", NULL,
	 "say how the options and files are understood, and exit: 0, or 2 for a mistake", false},
	{OPT_LEDGER, 0, "collect.ledger", NULL,
	 "ask the kernel who is holding each connection of nginx [true]", true},
	{OPT_CORES, 0, "collect.cores", NULL, "show every core of every uWSGI worker [false]",
	 true},
	{OPT_SERIES, 0, "collect.max-series", "NUMBER",
	 "series beyond are left out, and counted; 0: no limit [500000]", false},
	{OPT_NAMES, 0, "metrics.names", "peer|strict",
	 "names as nginx-prometheus-exporter and uwsgi_exporter have them, or as promtool wants "
	 "them [peer]",
	 false},
	{OPT_LABEL, 0, "prometheus.const-label", "NAME=VALUE",
	 "a label for every series; repeatable", false},
	{OPT_LABELS, 0, "prometheus.const-labels", "NAME=VALUE,...", NULL, false},
	{OPT_LISTEN, 0, "web.listen-address", "ADDRESS",
	 "where to listen: host:port, :port or unix:/path; repeatable [" EXPORTER_LISTEN_DEFAULT
	 "]",
	 false},
	{OPT_UNIX_MODE, 0, "web.unix-socket-mode", "MODE",
	 "permissions of a unix socket, in octal [0660]", false},
	{OPT_SYSTEMD, 0, "web.systemd-socket", NULL,
	 "listen at the sockets that systemd hands over [false]", true},
	{OPT_WEB_FILE, 0, "web.config.file", "FILE",
	 "YAML file for TLS and passwords, as Prometheus' own exporters have it", false},
	{OPT_PATH, 0, "web.telemetry-path", "PATH", "where the metrics are [/metrics]", false},
	{OPT_HOSTS, 0, "web.hosts", "NAME,...",
	 "host names under which it may be asked, such as web1.example.org, *.example.org or "
	 "web1:9113, beside addresses and localhost; repeatable [any]",
	 false},
	{OPT_LIFECYCLE, 0, "web.enable-lifecycle", NULL, "obey POST /-/reload [false]", true},
	{OPT_NO_SELF, 0, "web.disable-exporter-metrics", NULL,
	 "show nothing of the exporter itself [false]", true},
	{OPT_SECURED, 0, "web.secured-metrics", NULL, NULL, true},
	{OPT_SERVER_CERT, 0, "web.ssl-server-cert", "FILE", NULL, false},
	{OPT_SERVER_KEY, 0, "web.ssl-server-key", "FILE", NULL, false},
	{OPT_LEVEL, 0, "log.level", "LEVEL", "debug, info, warn or error [info]", false},
	{OPT_FORMAT, 0, "log.format", "FORMAT", "logfmt or json [logfmt]", false},
	{OPT_ONCE, 0, "once", NULL, "print the metrics once and exit", false},
	{OPT_VERSION, 0, "version", NULL, "print the version and exit", false},
	{OPT_HELP, 'h', "help", NULL, "print this and exit", false},
};
const size_t exporter_option_len = ARRAY_LEN(exporter_option);

static const char about[] =
	"Usage: connledger_exporter [OPTION]...\n\n"
	"Shows to Prometheus the numbers of nginx and uWSGI, who is holding each\n"
	"connection, and what is wrong.\n";

static const char sites[] =
	"\nOne nginx and all uWSGI targets of the command line are one site. With more\n"
	"than one nginx each target is a site of its own. As soon as there is more than\n"
	"one site, with those of --config.file, each series has a label \"site\".\n";

static const char environment[] =
	"\nEnvironment, for options that are not given: SCRAPE_URI, STATS_URI,\n"
	"LISTEN_ADDRESS and CONST_LABELS (one value on each line), TELEMETRY_PATH,\n"
	"TIMEOUT, SSL_VERIFY, SSL_CA_CERT, SSL_CLIENT_CERT, SSL_CLIENT_KEY,\n"
	"SYSTEMD_SOCKET, and CONFIG_FILE for --web.config.file. A target with a password\n"
	"belongs there, or into a file, since everybody can read a command line.\n";

static const char examples[] =
	"\nExamples:\n\n"
	"  connledger_exporter --nginx.scrape-uri http://127.0.0.1/stub_status \\\n"
	"      --uwsgi.stats-uri unix:/run/uwsgi/blog.stats\n"
	"  connledger_exporter --once --stats.uri 127.0.0.1:1717\n"
	"  connledger_exporter --config.file /etc/connledger.yml --check-config\n"
	"\nA file for --config.file:\n\n"
	"  sites:\n"
	"    blog: { nginx: http://127.0.0.1/stub_status, uwsgi: [unix:/run/blog.stats] }\n"
	"    shop: { nginx: https://shop1/stub_status, ca_file: ca.pem, timeout: 2s }\n"
	"  modules:\n"
	"    default: { targets: [\"10.0.0.0/8\", \"*.example.org\"] }  # for /probe\n";

void exporter_config_help(struct buf *out)
{
	buf_add_text(out, about);
	for (size_t i = 0; i < exporter_group_len; i++) {
		size_t from = exporter_group[i].first;
		size_t to = i + 1 < exporter_group_len ? exporter_group[i + 1].first
						       : exporter_option_len;
		const struct option_set set = {.spec = exporter_option + from, .len = to - from};

		buf_addf(out, "\n%s:\n", exporter_group[i].title);
		option_help(&set, out);
	}
	buf_add_text(out, sites);
	buf_add_text(out, environment);
	buf_add_text(out, examples);
}
