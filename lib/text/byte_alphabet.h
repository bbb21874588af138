#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::text {

// Byte-level vocabularies write each byte as one printable character (Radford et al. 2019,
// encoder.py, bytes_to_unicode): the bytes 0x21..0x7E, 0xA1..0xAC and 0xAE..0xFF as the code point
// of the same number, the 68 others in order as U+0100..U+0143; so a space is U+0120.

char32_t byte_to_character(std::uint8_t byte);
/// -1 for a character outside the alphabet.
int character_to_byte(char32_t character);

/// Bytes as text of the alphabet.
std::string bytes_to_alphabet(std::string_view bytes);
/// The bytes that a piece stands for. What is not of the alphabet is kept as it stands.
std::string alphabet_to_bytes(std::string_view piece);

}  // namespace tenon::text
