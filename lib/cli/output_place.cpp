#include "cli/output_place.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

#include "base/error.h"
#include "cli/suggest.h"
#include "cli/values.h"

namespace tenon::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPathBytes = 200;  // of a path in a message

// The number behind /dev/stdout and its kin: renaming something over them would miss the pipe.
std::optional<int> open_descriptor(const std::string& path) {
  if (path == "-" || path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (path.compare(0, folder.size(), folder) != 0) continue;
    const auto number = parse_integer(path.substr(folder.size()));
    if (number && *number >= 0 && *number < 1 << 20) return static_cast<int>(*number);
  }
  return std::nullopt;
}

// Follows symbolic links to the end, whether or not a file is there yet.
std::string follow_links(const std::string& path) {
  constexpr int kMostLinks = 40;  // as the kernel
  fs::path target = path;
  std::error_code code;
  for (int i = 0; fs::is_symlink(target, code); ++i) {
    if (i == kMostLinks) throw Error(ErrorKind::Resource, "symbolic links in a circle").at(path);
    const fs::path link = fs::read_symlink(target, code);
    target = link.is_absolute() ? link : target.parent_path() / link;
  }
  return target.string();
}

void check_folder(const std::string& path, const std::string& target) {
  const fs::path folder = fs::path(target).parent_path();
  std::error_code code;
  if (folder.empty() || fs::is_directory(folder, code)) return;
  const std::string name = tenon::quoted(folder.string(), kPathBytes);
  if (fs::exists(folder, code))
    throw Error(ErrorKind::Resource, "cannot create it: " + name + " is no folder").at(path);
  const std::string closest = did_you_mean_file(folder.string());
  throw Error(ErrorKind::Resource, "cannot create it: the folder " + name + " does not exist")
      .at(path)
      .hint(closest.compare(0, 3, "did") == 0 ? closest : "mkdir -p " + name + " creates it");
}

void check_existing(const std::string& path, mode_t mode, bool overwrite) {
  if (S_ISDIR(mode))
    throw Error(ErrorKind::Resource, "is a directory, the output must be a file")
        .at(path)
        .hint("name a file in it");
  if (S_ISSOCK(mode) || S_ISBLK(mode))
    throw Error(ErrorKind::Resource, "is neither a file nor a pipe, so nothing is written to it")
        .at(path);
  if (S_ISREG(mode) && !overwrite)
    throw Error(ErrorKind::Usage, "exists already").at(path).hint("--overwrite replaces it");
}

}  // namespace

OutputPlace find_output_place(const std::string& path, bool overwrite) {
  if (path.empty()) throw Error(ErrorKind::Usage, "the name of an output file is empty");
  OutputPlace place;
  if (const auto descriptor = open_descriptor(path)) {
    place.kind = OutputPlace::Kind::Descriptor;
    place.descriptor = *descriptor;
    return place;
  }
  place.target = follow_links(path);
  struct stat status {};
  if (::stat(place.target.c_str(), &status) == 0) {
    check_existing(path, status.st_mode, overwrite);
    place.exists = true;
    place.mode = status.st_mode & 07777;
    if (!S_ISREG(status.st_mode)) place.kind = OutputPlace::Kind::Direct;
  } else if (errno == ENOENT || errno == ENOTDIR) {
    check_folder(path, place.target);
    if (fs::path(place.target).filename().empty())  // "new/" names a folder
      throw Error(ErrorKind::Usage, "names a folder, the output must be a file").at(path);
  } else {
    throw Error(ErrorKind::Resource, std::string("cannot write: ") + std::strerror(errno)).at(path);
  }
  return place;
}

}  // namespace tenon::cli
