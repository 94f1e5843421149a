rockspec_format = "3.0"
package = "lua-wolfssl"
version = "scm-1"

-- `luarocks make` in a checkout; the rockspec of a release names its archive here.
source = { url = "git+file://." }

description = {
  summary = "TLS on wolfSSL for people who need to see the handshake",
  detailed = [[
TLS 1.2 and 1.3 clients and servers over wolfSSL: sans-IO connections for any event loop, handshake
handlers that may yield, and every handshake message as data.]],
  license = "MIT",
}

dependencies = { "lua >= 5.1, < 5.5", "argparse >= 0.7" }

external_dependencies = {
  WOLFSSL = { header = "wolfssl/ssl.h", library = "wolfssl" },
}

build = {
  type = "builtin",
  install = { bin = { wolfprobe = "lua/bin/wolfprobe" } },
  modules = {
    ["wolfssl.core"] = {
      sources = {
        "csrc/bytes.c",
        "csrc/compat.c",
        "csrc/core.c",
        "csrc/der.c",
        "csrc/error.c",
        "csrc/fd.c",
        "csrc/hash.c",
        "csrc/hello.c",
        "csrc/key.c",
        "csrc/key_ec.c",
        "csrc/key_ed.c",
        "csrc/key_rsa.c",
        "csrc/name.c",
        "csrc/object.c",
        "csrc/oid.c",
        "csrc/signature.c",
        "csrc/suite.c",
        "csrc/tcp.c",
      },
      defines = { "_GNU_SOURCE" },
      libraries = { "wolfssl", "pthread" },
      incdirs = { "$(WOLFSSL_INCDIR)" },
      libdirs = { "$(WOLFSSL_LIBDIR)" },
    },
    ["wolfssl.tls.registry"] = "lua/wolfssl/tls/registry.lua",
    ["wolfssl.tls.registry.alert"] = "lua/wolfssl/tls/registry/alert.lua",
    ["wolfssl.tls.registry.cipher_suite"] = "lua/wolfssl/tls/registry/cipher_suite.lua",
    ["wolfssl.tls.registry.code_points"] = "lua/wolfssl/tls/registry/code_points.lua",
    ["wolfssl.tls.registry.content_type"] = "lua/wolfssl/tls/registry/content_type.lua",
    ["wolfssl.tls.registry.extension_type"] = "lua/wolfssl/tls/registry/extension_type.lua",
    ["wolfssl.tls.registry.handshake_type"] = "lua/wolfssl/tls/registry/handshake_type.lua",
    ["wolfssl.tls.registry.named_group"] = "lua/wolfssl/tls/registry/named_group.lua",
    ["wolfssl.tls.registry.signature_scheme"] = "lua/wolfssl/tls/registry/signature_scheme.lua",
    ["wolfssl.tls.registry.suite_parts"] = "lua/wolfssl/tls/registry/suite_parts.lua",
    ["wolfssl.tls.registry.version"] = "lua/wolfssl/tls/registry/version.lua",
    ["wolfssl.trace.capture.address"] = "lua/wolfssl/trace/capture/address.lua",
    ["wolfssl.trace.capture.fragments"] = "lua/wolfssl/trace/capture/fragments.lua",
    ["wolfssl.trace.capture.frame"] = "lua/wolfssl/trace/capture/frame.lua",
    ["wolfssl.trace.capture"] = "lua/wolfssl/trace/capture/init.lua",
    ["wolfssl.trace.capture.int"] = "lua/wolfssl/trace/capture/int.lua",
    ["wolfssl.trace.capture.packet"] = "lua/wolfssl/trace/capture/packet.lua",
    ["wolfssl.trace.capture.pcap"] = "lua/wolfssl/trace/capture/pcap.lua",
    ["wolfssl.trace.capture.pcapng"] = "lua/wolfssl/trace/capture/pcapng.lua",
    ["wolfssl.trace.capture.source"] = "lua/wolfssl/trace/capture/source.lua",
    ["wolfssl.trace.capture.start"] = "lua/wolfssl/trace/capture/start.lua",
    ["wolfssl.trace.capture.tcp"] = "lua/wolfssl/trace/capture/tcp.lua",
    ["wolfssl.trace.capture.udp"] = "lua/wolfssl/trace/capture/udp.lua",
    ["wolfssl.trace.capture.writer"] = "lua/wolfssl/trace/capture/writer.lua",
    ["wolfssl.trace.keylog"] = "lua/wolfssl/trace/keylog.lua",
    ["wolfssl.transport.blocking"] = "lua/wolfssl/transport/blocking.lua",
    ["wolfssl.transport.deadline"] = "lua/wolfssl/transport/deadline.lua",
    ["wolfssl.transport.fd"] = "lua/wolfssl/transport/fd.lua",
    ["wolfssl.transport.luasocket"] = "lua/wolfssl/transport/luasocket.lua",
    ["wolfssl.transport.memory"] = "lua/wolfssl/transport/memory.lua",
  },
}
