#include "cli/output_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <utility>

#include "base/error.h"
#include "cli/output_place.h"
#include "cli/signals.h"
#include "cli/terminal.h"

namespace tenon::cli {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_at(const std::string& path, const std::string& what, int code) {
  throw Error(ErrorKind::Resource, what + ": " + std::strerror(code)).at(path);
}

// ".NAME.tenon-XXXXXX" in the folder of the target, short enough for any file system.
std::string name_beside(const std::string& target) {
  constexpr std::size_t kLongestName = 255, kAdded = 14, kRandomLetters = 6;
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  const fs::path path(target);
  std::string name = "." + path.filename().string().substr(0, kLongestName - kAdded) + ".tenon-";
  std::random_device device;
  for (std::size_t i = 0; i < kRandomLetters; ++i) name += kLetters[device() % kLetters.size()];
  return (path.parent_path() / name).string();
}

/// A regular file on the way: exists beside its place until keep().
class FileBeside : public DescriptorOutput {
 public:
  FileBeside(int descriptor, const std::string& path, OutputPlace place, bool overwrite,
             std::unique_ptr<DoomedFile> doomed, std::string beside)
      : DescriptorOutput(descriptor, path, path, {}),
        place_(std::move(place)),
        overwrite_(overwrite),
        doomed_(std::move(doomed)),
        beside_(std::move(beside)) {}

  ~FileBeside() override {
    if (doomed_ != nullptr) ::unlink(beside_.c_str());
  }

  void keep() override {
    const unsigned flags = overwrite_ ? 0 : RENAME_NOREPLACE;
    int result = ::renameat2(AT_FDCWD, beside_.c_str(), AT_FDCWD, place_.target.c_str(), flags);
    if (result != 0 && errno == EINVAL)  // a file system that cannot refuse to replace
      result = ::rename(beside_.c_str(), place_.target.c_str());
    if (result != 0 && errno == EEXIST)
      throw Error(ErrorKind::Resource, "was created by something else while this ran")
          .at(path())
          .hint("--overwrite replaces it");
    if (result != 0) fail_at(path(), "cannot put the finished file in its place", errno);
    doomed_.reset();
  }

 private:
  OutputPlace place_;
  bool overwrite_;
  std::unique_ptr<DoomedFile> doomed_;
  std::string beside_;
};

std::unique_ptr<PendingOutput> open_beside(const std::string& path, OutputPlace place,
                                           bool overwrite) {
  constexpr int kAttempts = 16;
  for (int i = 0; i < kAttempts; ++i) {
    std::string beside = name_beside(place.target);
    auto doomed = std::make_unique<DoomedFile>(beside);  // before it exists: no signal finds a gap
    const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file >= 0) {
      if (place.exists) ::fchmod(file, place.mode);
      return std::make_unique<FileBeside>(file, path, std::move(place), overwrite,
                                          std::move(doomed), std::move(beside));
    }
    if (errno != EEXIST) fail_at(path, "cannot create a file in its folder", errno);
  }
  fail_at(path, "cannot create a file in its folder", EEXIST);
}

int open_descriptor_of(const std::string& path, const OutputPlace& place) {
  const int descriptor = place.kind == OutputPlace::Kind::Descriptor
                             ? ::fcntl(place.descriptor, F_DUPFD_CLOEXEC, 0)
                             : ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0 && errno == EINTR) throw Interrupted{};  // waiting for a pipe's reader
  if (descriptor < 0) fail_at(path == "-" ? "stdout" : path, "cannot write", errno);
  return descriptor;
}

}  // namespace

std::unique_ptr<PendingOutput> open_output_file(const std::string& path, bool overwrite,
                                                bool is_binary,
                                                std::function<void()> before_terminal_write) {
  OutputPlace place = find_output_place(path, overwrite);
  if (place.kind == OutputPlace::Kind::Beside)
    return open_beside(path, std::move(place), overwrite);
  const std::string shown = path == "-" ? "stdout" : path;
  auto output = std::make_unique<DescriptorOutput>(open_descriptor_of(path, place), path, shown,
                                                   std::move(before_terminal_write));
  if (is_binary && output->is_terminal())
    throw Error(ErrorKind::Usage, "these results are binary and " + shown + " is a terminal")
        .hint("name a file with --output, or redirect to a file or pipe");
  return output;
}

void check_output_path(const std::string& path, bool overwrite) {
  find_output_place(path, overwrite);
}

OutputSet::OutputSet(bool overwrite, std::function<void()> before_terminal_write)
    : overwrite_(overwrite), before_terminal_write_(std::move(before_terminal_write)) {}

PendingOutput& OutputSet::insert(const std::string& path, bool is_binary) {
  for (const auto& output : outputs_)
    if (output->path() == path)
      throw Error(ErrorKind::Usage, "is named for two outputs").at(path == "-" ? "stdout" : path);
  outputs_.push_back(open_output_file(path, overwrite_, is_binary, before_terminal_write_));
  return *outputs_.back();
}

Output& OutputSet::standard(const std::string& path, bool is_binary) {
  if (standard_ == nullptr) standard_ = &insert(path, is_binary);
  return *standard_;
}

Output& OutputSet::open(const std::string& path, bool is_binary) {
  return insert(path, is_binary);
}

void OutputSet::keep() {
  for (const auto& output : outputs_) output->close();
  for (const auto& output : outputs_) output->keep();
}

void OutputSet::flush_stdout() noexcept {
  for (const auto& output : outputs_)
    if (auto* open = dynamic_cast<DescriptorOutput*>(output.get());
        open != nullptr && (output->path() == "-" || output->path() == "/dev/stdout"))
      open->flush_regardless();
}

}  // namespace tenon::cli
