# lua-wolfssl: `make run` shows it, `make test` proves it, `make lint` keeps it clean.
#
# One knob: LUA=lua5.4 (luajit, lua5.1, lua5.2, lua5.3). Lua 5.1 and LuaJIT share one binary.
# A wolfSSL or Lua outside the system's directories: WOLFSSL_DIR=/opt/wolfssl LUA_INCDIR=/opt/lua/include

LUA = lua5.4
CC = gcc
PREFIX = /usr/local
SECONDS = 60

LUAS = lua5.1 lua5.2 lua5.3 lua5.4 luajit
ABI = $(patsubst lua%,%,$(patsubst luajit%,lua5.1,$(notdir $(LUA))))
LUA_INCDIR = /usr/include/lua$(ABI)

# ---------------------------------------------------------------------------------- build

OUT = build/$(ABI)
SRC = $(sort $(wildcard csrc/*.c))
OBJ = $(SRC:csrc/%.c=$(OUT)/obj/%.o)
CORE = $(OUT)/wolfssl/core.so

# LPeg's list, but for -Waggregate-return (spans are returned), and -Wconversion.
WARN = -Wall -Wextra -pedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
  -Wmissing-declarations -Wredundant-decls -Wnested-externs -Wdeclaration-after-statement \
  -Wbad-function-cast -Wcast-align -Wcast-qual -Wdisabled-optimization \
  -Wpointer-arith -Wwrite-strings -Wundef
HARDEN = -D_FORTIFY_SOURCE=2 -fstack-protector-strong
OPTIMIZE = -O2 -g
CPPFLAGS = -D_GNU_SOURCE -isystem $(LUA_INCDIR) $(WOLFSSL_DIR:%=-isystem %/include)
CFLAGS = -std=c99 $(OPTIMIZE) $(WARN) $(HARDEN) -fPIC -fno-plt -fvisibility=hidden
# nodelete: wolfSSL's process-wide state outlives the Lua state that loaded it.
# liblua is never linked: the host has the one Lua that counts.
LDFLAGS = -shared -Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now
LDLIBS = $(WOLFSSL_DIR:%=-L%/lib -Wl,-rpath,%/lib) -lwolfssl -lpthread

.PHONY: all deps deps-test build run install rockspec clean test matrix lint lint-c lint-format \
  lint-lua docs asan valgrind tsan fuzz fuzzers bench
all: build

# On all cores, unless who called says how many.
build:
	@$(MAKE) --no-print-directory -Otarget $(if $(filter --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc)) \
	  $(CORE)

$(CORE): $(OBJ)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(SANITIZE) -o $@.new $(OBJ) $(LDLIBS)
	@mv $@.new $@

$(OUT)/obj/%.o: csrc/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) -MMD -MP -c -o $@ $<

-include $(OBJ:.o=.d)

SUB = $(MAKE) --no-print-directory -s -j$(shell nproc)

# ---------------------------------------------------------------------------------- packages

RUN_PACKAGES = gcc libc6-dev lua5.4 liblua5.4-dev libwolfssl-dev lua-socket lua-argparse lua-cjson
TEST_PACKAGES = $(RUN_PACKAGES) lua5.1 lua5.2 lua5.3 liblua5.1-0-dev liblua5.2-dev liblua5.3-dev \
  luajit2 lua-busted lua-check lua-ldoc luarocks git python3 \
  openssl gnutls-bin curl tshark valgrind clang clang-format libclang-rt-dev \
  chromium chromium-driver redis-server lua-redis lua-cqueues lua-luv lua-sec prosody neovim \
  dovecot-imapd dovecot-pop3d dovecot-lmtpd dovecot-managesieved vsftpd postgresql \
  nginx libnginx-mod-http-lua haproxy nmap sslscan stunnel4 nghttp2-client tinyproxy groff-base \
  lua-http

# Installs what dpkg does not know as installed; costs 20 ms when all is there.
define install_packages
@command -v apt-get >/dev/null || { echo "deps: no apt here; needed are: $(strip $(1))"; exit 0; }; \
have=$$(dpkg-query -W -f '$${Package} $${db:Status-Status}\n' $(1) 2>/dev/null | sed -n 's/ installed$$//p'); \
missing=$$(printf '%s\n' $(1) | grep -vxF "$$have"); \
test -z "$$missing" && exit 0; \
test $$(id -u) = 0 || sudo=sudo; \
echo "deps: installing" $$missing; \
ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || $$sudo apt-get -qq update; \
get="$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install"; \
$$get $$missing >/dev/null || { $$sudo apt-get -qq update && $$get $$missing >/dev/null; }
endef

deps:
	$(call install_packages,$(RUN_PACKAGES))

deps-test:
	$(call install_packages,$(TEST_PACKAGES))

# ---------------------------------------------------------------------------------- use

# TARGET=host:port does the client's part to that server instead of the local demonstration.
run: deps
	@$(SUB) build
	@./lua/bin/wolfprobe demo --into build $(TARGET)

# Lists the C files and modules again; spec/layout_spec.lua tells when that is due.
rockspec:
	lua5.4 spec/rockspec.lua

# The manual page, and what shells complete by, come from wolfprobe itself.
SHARE = $(DESTDIR)$(PREFIX)/share
PAGES = man/man1/wolfprobe.1 bash-completion/completions/wolfprobe zsh/site-functions/_wolfprobe \
  fish/vendor_completions.d/wolfprobe.fish

install: build
	install -d $(DESTDIR)$(PREFIX)/lib/lua/$(ABI)/wolfssl $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(CORE) $(DESTDIR)$(PREFIX)/lib/lua/$(ABI)/wolfssl
	cd lua && find wolfssl -name '*.lua' -exec \
	  install -D -m 644 {} $(DESTDIR)$(abspath $(PREFIX))/share/lua/$(ABI)/{} \;
	install -m 755 lua/bin/wolfprobe $(DESTDIR)$(PREFIX)/bin
	install -d $(addprefix $(SHARE)/,$(dir $(PAGES)))
	$(LUA) lua/bin/wolfprobe manual >$(SHARE)/man/man1/wolfprobe.1
	for shell in bash zsh fish; do $(LUA) lua/bin/wolfprobe completion $$shell \
	  >$(SHARE)/$$(printf '%s\n' $(PAGES) | grep ^$$shell) || exit 1; done

clean:
	rm -rf build

# ---------------------------------------------------------------------------------- proof

# All specs under Lua 5.4 and LuaJIT, those that need no core under 5.1 and 5.3 as well. The core of
# 5.3 is for HAProxy and nmap.
test: deps-test
	@$(SUB) build LUA=lua5.4
	@$(SUB) build LUA=lua5.1
	@$(SUB) build LUA=lua5.3
	@lua5.4 spec/suite.lua

# Built and loaded by every Lua there is.
matrix: deps-test
	@for lua in $(LUAS); do $(SUB) build LUA=$$lua && $$lua spec/smoke.lua || exit 1; done

lint: lint-c lint-format lint-lua
	@echo "lint: clean"

# A build of its own for each compiler and each Lua API, warnings being errors.
lint-c: deps-test
	@for cc in gcc clang; do for lua in lua5.1 lua5.4; do \
	  $(SUB) build CC=$$cc LUA=$$lua OUT=build/lint/$$cc-$$lua OPTIMIZE='-O2 -Werror' || exit 1; \
	  nm -D --defined-only build/lint/$$cc-$$lua/wolfssl/core.so | sed 's/.* //' | \
	    grep -vx luaopen_wolfssl_core && { echo "lint: exported by $$cc for $$lua"; exit 1; }; \
	done; done; true

# The headers are laid out by hand: their comments form columns.
lint-format: deps-test
	@for file in $(SRC) $(wildcard spec/*.c spec/bench/*.c spec/fuzz/*.c spec/hosts/*.c); do \
	  clang-format --dry-run -Werror $$file 2>/dev/null || { failed=1; echo "lint: clang-format -i $$file"; }; \
	done; test -z "$$failed"

lint-lua: deps-test
	@luacheck -q lua spec rockspec

# LDoc wants one file a module; the core is one module in many files.
docs: deps-test
	@mkdir -p build
	@{ printf '/***\nThe C core: what the Lua layers stand on.\n@module wolfssl.core\n*/\n\n'; \
	  for file in $(SRC); do sed -n '/^\/\*\*\*/,/\*\/$$/p;/\*\/$$/a\\' $$file; done; } >build/core.c
	@ldoc --fatalwarnings -q -c spec/config.ld .

# ASan and UBSan over the whole suite. The interpreter is our own (spec/host.c), because a
# preloaded runtime would reach every peer process that a spec starts.
SANITIZERS = address,undefined
asan: deps-test
	@$(SUB) build LUA=lua5.4
	@$(SUB) build LUA=lua5.4 OUT=build/asan HARDEN= OPTIMIZE='-O1 -g -fno-omit-frame-pointer' \
	  SANITIZE='-fsanitize=$(SANITIZERS) -fno-sanitize-recover=undefined'
	@$(CC) -g -fsanitize=$(SANITIZERS) -isystem /usr/include/lua5.4 -rdynamic \
	  -o build/asan/lua spec/host.c -llua5.4
	@WOLFSSL_BUILD=build/asan HOST=$(CURDIR)/build/asan/lua ASAN_OPTIONS=verify_asan_link_order=0 \
	  LSAN_OPTIONS=suppressions=$(CURDIR)/spec/asan.supp:print_suppressions=0 \
	  lua5.4 spec/suite.lua lua5.4

# What runs no C of ours, or runs it in other processes, is left out: it would take half an hour.
valgrind: deps-test
	@$(SUB) build LUA=lua5.4
	@UNDER="valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
	  --show-leak-kinds=definite --suppressions=spec/valgrind.supp" \
	  SPECS="$$(find spec -name '*_spec.lua' | grep -vE '^spec/(tls/|trace/|rock_|suite_)' | sort)" \
	  lua5.4 spec/suite.lua lua5.4

# Eight threads with a lua_State each. What wolfSSL does itself is seen by helgrind: spec/hosts.
HANDSHAKES = 10000
tsan: deps-test
	@$(SUB) build LUA=lua5.4 OUT=build/tsan HARDEN= OPTIMIZE='-O0 -g' SANITIZE=-fsanitize=thread
	@$(CC) -g -D_GNU_SOURCE -fsanitize=thread -isystem /usr/include/lua5.4 -o build/tsan/threads \
	  spec/hosts/threads.c build/tsan/obj/*.o -llua5.4 $(LDLIBS) -lm
	@LUA_PATH='lua/?.lua;lua/?/init.lua' build/tsan/threads 8 $(HANDSHAKES) spec/hosts/threads.lua

# SECONDS of wall time, shared among the targets; a finding fails and names its input.
fuzz: deps-test
	@$(SUB) fuzzers CC=clang LUA=lua5.4 OUT=build/fuzz HARDEN= OPTIMIZE='-O1 -g' \
	  SANITIZE='-fsanitize=fuzzer-no-link,$(SANITIZERS) -fno-sanitize-recover=undefined'
	@SEED=$(SEED) sh spec/fuzz/run.sh $(SECONDS) $(patsubst spec/fuzz/%.c,%,$(wildcard spec/fuzz/*.c))

fuzzers: $(patsubst spec/fuzz/%.c,$(OUT)/%,$(wildcard spec/fuzz/*.c))

$(OUT)/%: spec/fuzz/%.c $(OBJ)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) -fsanitize=fuzzer -Icsrc -o $@ $< $(OBJ) -llua5.4 $(LDLIBS)

# Cost over plain C: instructions by callgrind, heap, CPU time; 8 minutes.
bench: deps-test
	@$(SUB) build LUA=lua5.4
	@$(SUB) build LUA=luajit
	@CC=$(CC) WOLFSSL_DIR=$(WOLFSSL_DIR) sh spec/bench/run.sh
