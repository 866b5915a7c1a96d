# GNU make. `make help` lists the targets. SAN=address,undefined (or thread) builds into its own folder.
CC      ?= gcc
SAN     ?=
Q       := $(if $(V),,@)
SAY     := @echo '  build'
comma   := ,
B       := build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))$(if $(filter clang%,$(CC)),/clang)
PREFIX  ?= /usr/local
PKGS    := libcrypto libssl ldns libunbound libevent libevent_pthreads libpsl sqlite3 hiredis libpcre2-8 \
           jansson libidn2 libsystemd gmime-3.0 libmaxminddb zlib
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Werror -Wshadow -Wvla -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes \
           -Wwrite-strings -Wundef -Wformat=2 -Wno-unused-parameter
HARDEN  := -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=$(if $(filter clang%,$(CC)),2,3)
ALLCF    = -std=c11 -D_GNU_SOURCE -DRULES_DIR='"$(PREFIX)/share/postern/rules"' -Ifilter -I. \
           $(WARN) $(CFLAGS) $(if $(SAN),-U_FORTIFY_SOURCE -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer,$(HARDEN)) \
           $(PKGCF)
PKGCF   := $(shell pkg-config --cflags $(PKGS) 2>/dev/null) -I/usr/include/opendkim
LDLIBS  := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lmilter -lopendkim -lspf2 -lm -pthread
LDFLAGS += -pie -Wl,-z,relro,-z,now $(if $(SAN),-fsanitize=$(SAN))

LIB     := $(filter-out filter/cmd/main.c,$(wildcard filter/*/*.c filter/*/*/*.c))
LIBO    := $(LIB:%.c=$(B)/%.o)
UNIT    := $(wildcard tests/unit/*/test_*.c)
FUZZ    := $(wildcard tests/fuzz/fuzz_*.c)
HELPER  := $(patsubst %.c,$(B)/%.o,$(wildcard tests/lib/*.c))
UNITBIN := $(UNIT:tests/unit/%.c=$(B)/unit/%)
FUZZBIN := $(FUZZ:tests/fuzz/%.c=$(B)/fuzz/%)
CONFBIN := $(patsubst tests/conformance/%.c,$(B)/conformance/%,$(wildcard tests/conformance/*.c))
DIFFBIN := $(B)/differential/judge_sets
BENCHBIN := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))

.PHONY: all unit check lint fuzz bench demo deps install clean format help force
.SECONDARY:
all: $(B)/postern
help:
	@echo "make all | check | lint | fuzz | bench | demo | deps | install | clean | format"

$(B)/postern: $(B)/filter/cmd/main.o $(B)/libpostern.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/libpostern.a: $(LIBO)
	@rm -f $@ && ar rcs $@ $^
$(B)/libtest.a: $(HELPER)
	@rm -f $@ && ar rcs $@ $^
$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(SAY) $@
	$(Q)$(CC) $(ALLCF) -MMD -MP -c -o $@ $<
# What names RULES_DIR is built again when PREFIX has changed.
$(B)/filter/policy/conf.o $(B)/filter/cmd/site_check.o $(B)/filter/cmd/demo.o $(B)/tests/unit/policy/test_conf.o: $(B)/prefix
$(B)/prefix: force
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' >$@
$(B)/unit/%: $(B)/tests/unit/%.o $(B)/libtest.a $(B)/libpostern.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcunit
# A fuzz target is linked with a small driver that replays its corpus; tests/fuzz/run links libFuzzer.
$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(B)/tests/fuzz/replay.o $(B)/libtest.a $(B)/libpostern.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcunit
$(B)/fuzzer/%: $(B)/tests/fuzz/%.o $(B)/libtest.a $(B)/libpostern.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS) -lcunit
$(B)/conformance/%: $(B)/tests/conformance/%.o $(B)/libtest.a $(B)/libpostern.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcunit
$(B)/differential/%: $(B)/tests/differential/%.o $(B)/libtest.a $(B)/libpostern.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcunit
$(B)/bench/%: $(B)/tests/bench/%.o $(B)/libtest.a $(B)/libpostern.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

unit: $(UNITBIN) $(FUZZBIN) $(CONFBIN) $(DIFFBIN) $(BENCHBIN)
lint:
	@tests/lint/run && tests/lint/man
check: deps
	@tests/run
fuzz: deps
	@tests/fuzz/run
bench:
	@tests/deps bench
	@$(MAKE) --no-print-directory -s all $(BENCHBIN)
	@tests/bench/run $(B)
	@tests/bench/authentication $(B)
	@tests/bench/proxy $(B)
	@tests/bench/store $(B)
demo:
	@tests/deps build
	@$(MAKE) --no-print-directory -s all
	@$(B)/postern demo -c examples/demo/postern.conf
deps:
	@tests/deps
install: all
	@tests/install $(B)/postern "$(DESTDIR)" "$(PREFIX)"
format:
	clang-format -i $(wildcard filter/*/*.[ch] filter/*/*/*.[ch] tests/*/*.[ch] tests/unit/*/*.c)
clean:
	rm -rf build
-include $(shell find $(B) -name '*.d' -type f -not -path '*/sendmail/*' 2>/dev/null)
