#include "text/byte_alphabet.h"

#include <array>

#include "text/utf8.h"

namespace tenon::text {
namespace {

constexpr bool stands_for_itself(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr int kShiftedCount = 68;

struct Tables {
  std::array<char32_t, 256> characters{};
  std::array<std::int16_t, 256 + kShiftedCount> bytes{};
};

constexpr Tables make_tables() {
  Tables tables;
  for (auto& byte : tables.bytes) byte = -1;
  char32_t shifted = 256;
  for (int byte = 0; byte < 256; ++byte) {
    const auto i = static_cast<std::size_t>(byte);
    tables.characters[i] = stands_for_itself(byte) ? static_cast<char32_t>(byte) : shifted++;
    tables.bytes[tables.characters[i]] = static_cast<std::int16_t>(byte);
  }
  return tables;
}

constexpr Tables kTables = make_tables();
static_assert(kTables.characters[' '] == 0x120 && kTables.bytes[0x143] == 0xAD);

}  // namespace

char32_t byte_to_character(std::uint8_t byte) {
  return kTables.characters[byte];
}

int character_to_byte(char32_t character) {
  return character < kTables.bytes.size() ? kTables.bytes[character] : -1;
}

std::string bytes_to_alphabet(std::string_view bytes) {
  std::string piece;
  for (const char byte : bytes)
    append_utf8(piece, byte_to_character(static_cast<std::uint8_t>(byte)));
  return piece;
}

std::string alphabet_to_bytes(std::string_view piece) {
  std::string bytes;
  while (!piece.empty()) {
    const Utf8Sequence sequence = read_utf8(piece);
    const bool is_valid = sequence.state == Utf8Sequence::State::Valid;
    const int byte = is_valid ? character_to_byte(sequence.code_point) : -1;
    if (byte >= 0) {
      bytes.push_back(static_cast<char>(byte));
    } else {
      bytes.append(piece.substr(0, sequence.length));
    }
    piece.remove_prefix(sequence.length);
  }
  return bytes;
}

}  // namespace tenon::text
