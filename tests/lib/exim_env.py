# SPDX-License-Identifier: BSD-2-Clause
"""exim_env -- a site whose MTA is a private Exim behind the proxy, which leaves an installed Postfix alone.

The packages are unpacked once into build/exim; later runs need no network. Debian's Exim wants its user: the
processes see a passwd of their own. What it takes stays in its queue.
"""
import glob
import os
import pwd
import shutil
import subprocess

from sendmail_env import Missing, unpack
from site_env import ROOT, Site, listening, wait_for

CACHE = os.path.join(ROOT, 'build/exim')
PACKAGES = ['exim4-daemon-heavy', 'exim4-config', 'libmariadb3', 'libidn12', 'libpq5', 'libperl5.36', 'libgnutls-dane0']
BINARY = CACHE + '/usr/sbin/exim4'
USER = 'Debian-exim'

REST = '''
primary_hostname = exim.test
spool_directory = {b}/exim
log_file_path = {b}/exim/%slog
pid_file_path = {b}/exim/exim.pid
keep_environment =
queue_only
tls_advertise_hosts =
host_lookup =
domainlist relay_to_domains = example.org
hostlist relay_from_hosts = 127.0.0.1
acl_smtp_rcpt = acl_check_rcpt
begin acl
acl_check_rcpt:
  accept hosts = +relay_from_hosts
  require message = relay not permitted
    domains = +relay_to_domains
  require verify = recipient
  accept
begin routers
known:
  driver = accept
  domains = +relay_to_domains
  local_parts = kim
  transport = none
begin transports
none:
  driver = appendfile
  file = /dev/null
'''


def prepare(site):
    """What a private Exim of this site needs: its programs, and a user who owns the folder `exim`."""
    if not os.path.exists(BINARY):
        unpack(CACHE, PACKAGES)
    nobody = pwd.getpwnam('nobody')
    for name, more in ('passwd', '%s:x:%d:%d::/nonexistent:/usr/sbin/nologin\n' % (USER, nobody.pw_uid, nobody.pw_gid)), \
            ('group', '%s:x:%d:\n' % (USER, nobody.pw_gid)):
        with open('/etc/' + name) as f:
            site.write('etc/' + name, f.read() + more)
    os.mkdir(site.path('exim'))
    os.chown(site.path('exim'), nobody.pw_uid, nobody.pw_gid)


def command(site, *args):
    """argv and environment of an Exim with the settings in etc/exim.conf."""
    return (['unshare', '--mount', 'sh', '-c', 'for f in passwd group; do mount --bind "$0/$f" /etc/$f; done; exec "$@"',
             site.path('etc'), BINARY, '-C', site.path('etc/exim.conf')] + list(args),
            dict(os.environ, LD_LIBRARY_PATH=':'.join(glob.glob(CACHE + '/usr/lib/*-linux-gnu*'))))


class EximSite(Site):
    def __init__(self, zone=''):
        if not os.path.exists(CACHE + '/etc/exim4'):
            unpack(CACHE, PACKAGES)
        super().__init__(zone, 'exim', front='proxy')

    def prepare(self):
        """Its user, for Debian's programs look for one."""
        nobody = pwd.getpwnam('nobody')
        for name, more in ('passwd', '%s:x:%d:%d::/nonexistent:/usr/sbin/nologin\n' % (USER, nobody.pw_uid, nobody.pw_gid)), \
                ('group', '%s:x:%d:\n' % (USER, nobody.pw_gid)):
            with open('/etc/' + name) as f:
                self.write('etc/' + name, f.read() + more)
        os.mkdir(self.path('exim'))
        os.chown(self.path('exim'), nobody.pw_uid, nobody.pw_gid)
        self.env = dict(os.environ, LD_LIBRARY_PATH=':'.join(glob.glob(CACHE + '/usr/lib/*-linux-gnu*')))

    def argv(self, *args):
        """A program that sees that user."""
        return ['unshare', '--mount', 'sh', '-c', 'for f in passwd group; do mount --bind "$0/$f" /etc/$f; done; exec "$@"',
                self.path('etc')] + list(args)

    def start_exim(self, lines):
        """lines: of the main section."""
        self.prepare()
        conf = self.write('etc/exim.conf', lines + REST.format(b=self.base))
        self.spawn(self.argv(BINARY, '-C', conf, '-bdf'), 'exim', env=self.env)
        wait_for('Exim', lambda: listening(self.smtp_port))

    def split_configuration(self, variables, lines):
        """What Debian makes of variables in update-exim4.conf.conf and lines in conf.d/main: its path."""
        self.prepare()
        shutil.copytree(CACHE + '/etc/exim4', self.path('exim4'))
        self.write('exim4/update-exim4.conf.conf', "dc_eximconfig_configtype='internet'\ndc_use_split_config='true'\n"
                   "dc_other_hostnames='example.org'\nCFILEMODE='644'\n" + variables + '\n')
        self.write('exim4/conf.d/main/000_postern', lines)
        subprocess.run(self.argv('sh', CACHE + '/usr/sbin/update-exim4.conf', '-d', self.path('exim4'), '-o',
                                 self.path('made.conf')), check=True, capture_output=True,
                       env=dict(self.env, PATH=CACHE + '/usr/sbin:' + os.environ['PATH']))
        return self.path('made.conf')

    def option(self, conf, name):
        """An option of the main section, as Exim has read it."""
        return subprocess.run(self.argv(BINARY, '-C', conf, '-bP', name), env=self.env, capture_output=True, text=True,
                              check=True).stdout.strip()
