#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "formats/gguf.h"

/// GGUF files whose matrices lie in the order that some kernels read, to be mapped and used as they
/// are. Such a file is GGUF in all else, with its own keys and types:
///
///   tenon.packed.provider   string       the kernels: "avx512", "highway"
///   tenon.packed.version    u32          of their layout; kernels of another version refuse it
///   tenon.packed.bytes      array of u64 the bytes of each packed tensor, in the order of the table
///   tensor type             kPackedType + the type of the numbers; no ggml type has such a number,
///                           so that other programs refuse the file and do not read it as garbage
///   general.alignment       4096: tensors begin at pages
///
/// The embedding, which is read by rows, stays as it is; where it is the output head too, a packed
/// copy of it stands under its name with ".packed" behind.
namespace tenon::formats {

inline constexpr std::uint32_t kPackedType = 0x54500000;  // "TP" in its upper half
inline constexpr std::string_view kPackedProvider = "tenon.packed.provider";
inline constexpr std::string_view kPackedVersion = "tenon.packed.version";
inline constexpr std::string_view kPackedBytes = "tenon.packed.bytes";
inline constexpr std::uint32_t kPackedAlignment = 4096;

/// Recognises a packed type: sets dtype, type_name ("Q4_0 packed") and is_packed. Types that Tenon
/// does not read stay unknown.
void read_packed_type(GgufTensor& tensor);

/// Gives packed tensors their bytes from the metadata. Throws Error(Input) where the keys are
/// missing or contradict the table.
void read_packed_sizes(const GgufMetadata& metadata, std::vector<GgufTensor>& tensors);

/// Version 0 where the file has no such keys.
WeightLayout read_packed_layout(const GgufMetadata& metadata);

/// The keys of a file whose packed tensors have `bytes` bytes each. Sets general.alignment.
void set_packed_keys(GgufMetadata& metadata, const WeightLayout& layout,
                     const std::vector<std::uint64_t>& bytes);

}  // namespace tenon::formats
