#include "formats/file_kind.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tenon::formats {

namespace {

using namespace std::string_view_literals;

struct Magic {
  std::string_view bytes;
  const char* name;
};

constexpr std::array<Magic, 17> kMagics = {{
    {"GGUF"sv, "GGUF"},
    {"FUGG"sv, "GGUF with its bytes swapped"},
    // The four-byte numbers 'ggml', 'ggmf', 'ggjt', 'ggla' as little-endian files hold them.
    {"lmgg"sv, "GGML, the format before GGUF"},
    {"fmgg"sv, "GGMF, a format before GGUF"},
    {"tjgg"sv, "GGJT, a format before GGUF"},
    {"algg"sv, "a GGLA adapter, a format before GGUF"},
    {"\x7f"
     "ELF"sv,
     "an ELF program or library"},
    {"PK\x03\x04"sv, "a ZIP archive (PyTorch saves checkpoints so)"},
    {"\x1f\x8b"sv, "gzip-compressed data"},
    {"\x28\xb5\x2f\xfd"sv, "zstd-compressed data"},
    {"\xfd"
     "7zXZ"sv,
     "xz-compressed data"},
    {"\x93NUMPY"sv, "a NumPy array"},
    {"\x89HDF"sv, "an HDF5 file"},
    {"%PDF"sv, "a PDF document"},
    {"\x80\x02"sv, "a Python pickle (old PyTorch checkpoints are)"},
    {"version https://git-lfs"sv, "a Git LFS pointer, not the file it stands for"},
    {"<!DOCTYPE"sv, "an HTML page, perhaps the error page of a download"},
}};

bool is_safetensors(std::string_view head, std::size_t size) {
  if (head.size() < 10 || head[8] != '{') return false;
  std::uint64_t length = 0;
  std::memcpy(&length, head.data(), sizeof length);
  return length >= 2 && length <= size - 8;
}

bool is_text(std::string_view head) {
  return std::ranges::all_of(head, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 || byte == '\n' || byte == '\r' || byte == '\t';
  });
}

}  // namespace

std::string file_kind(std::span<const std::byte> bytes) {
  if (bytes.empty()) return "an empty file";
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()),
                              std::min<std::size_t>(bytes.size(), 512));
  for (const Magic& magic : kMagics)
    if (head.starts_with(magic.bytes)) return magic.name;
  if (is_safetensors(head, bytes.size())) return "safetensors";
  const std::size_t start = head.find_first_not_of(" \t\r\n");
  const char first = start == std::string_view::npos ? ' ' : head[start];
  if (is_text(head)) {
    if (first == '{' || first == '[') return "JSON";
    if (first == '<') return "HTML or XML";
    return "text";
  }
  if (std::ranges::all_of(head, [](char c) { return c == 0; })) return "zeros";
  return "binary data";
}

}  // namespace tenon::formats
