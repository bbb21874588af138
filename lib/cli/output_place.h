#pragma once

#include <sys/types.h>

#include <string>

namespace tenon::cli {

/// Where the bytes of an output path go.
struct OutputPlace {
  enum class Kind {
    Descriptor,  // "-", /dev/stdout, /dev/fd/3: already open
    Direct,      // a device or named pipe
    Beside,      // a regular file: written beside and renamed
  };
  Kind kind = Kind::Beside;
  int descriptor = -1;  // of Descriptor
  std::string target;   // the file itself, symbolic links followed
  bool exists = false;
  mode_t mode = 0;  // permissions of an existing file
};

/// Looks, creates nothing. Throws Error(Usage) for a file that exists without `overwrite`,
/// Error(Resource) for a directory, a socket, a missing folder or a loop of links.
OutputPlace find_output_place(const std::string& path, bool overwrite);

}  // namespace tenon::cli
