--- transparency_info: timestamps of logs, and proofs that the logs keep their word.
-- @module wolfssl.tls.extension.transparency_info
-- @see RFC 9162 section 4.5 to 4.12
-- @see RFC 9162 section 6.3
local code_points = require "wolfssl.tls.registry.code_points"
local wire = require "wolfssl.tls.wire"

local log_id = { "log_id", wire.opaque(2, 127) }
local timestamp = { "timestamp", wire.uint64 }
local signature = { "signature", wire.opaque(1, 65535) }
local NodeHash = wire.opaque(32, 255)

local Extension = wire.struct { { "type", wire.uint16 }, { "data", wire.opaque(0, 65535) } }
local Extensions = wire.vector(Extension, 0, 65535)

local SignedCertificateTimestampDataV2 = wire.struct {
  log_id, timestamp, { "sct_extensions", Extensions }, signature,
}

local TreeHeadDataV2 = wire.struct {
  timestamp, { "tree_size", wire.uint64 }, { "root_hash", NodeHash },
  { "sth_extensions", Extensions },
}

local TransItem = wire.struct {
  { "versioned_type", wire.enum(code_points.trans_item_type) },
  { "data", wire.select("versioned_type", code_points.trans_item_type, {
    x509_sct_v2 = SignedCertificateTimestampDataV2,
    precert_sct_v2 = SignedCertificateTimestampDataV2,
    signed_tree_head_v2 = wire.struct { log_id, { "tree_head", TreeHeadDataV2 }, signature },
    consistency_proof_v2 = wire.struct {
      log_id, { "tree_size_1", wire.uint64 }, { "tree_size_2", wire.uint64 },
      { "consistency_path", wire.vector(NodeHash, 0, 65535) },
    },
    inclusion_proof_v2 = wire.struct {
      log_id, { "tree_size", wire.uint64 }, { "leaf_index", wire.uint64 },
      { "inclusion_path", wire.vector(NodeHash, 0, 65535) },
    },
  }, wire.rest()) },
}

local TransItemList = wire.struct {
  { "trans_item_list", wire.vector(wire.sized(TransItem, 1, 65535), 1, 65535) },
}

return { CH = wire.empty, CR = wire.empty, SH12 = TransItemList, CT = TransItemList }
