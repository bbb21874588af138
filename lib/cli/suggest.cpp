#include "cli/suggest.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/error.h"

namespace tenon::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPathBytes = 200;  // of a path in a message

// Also a symbolic link that leads nowhere.
bool is_there(const fs::path& path) {
  std::error_code code;
  return fs::symlink_status(path, code).type() != fs::file_type::not_found && !code;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code code;
  const fs::path listed = folder.empty() ? fs::path(".") : folder;
  for (fs::directory_iterator entry(listed, code), end; !code && entry != end;
       entry.increment(code))
    names.push_back(entry->path().filename().string());
  std::sort(names.begin(), names.end());  // folders list in any order; messages do not
  return names;
}

}  // namespace

std::string did_you_mean_file(const std::string& path) {
  std::error_code code;
  fs::path folder;  // what exists of the path
  const fs::path whole(path);
  for (auto part = whole.begin(); part != whole.end(); ++part) {
    const fs::path next = folder / *part;
    if (is_there(next)) {
      folder = next;
      continue;
    }
    if (!folder.empty() && !fs::is_directory(folder, code)) return {};
    fs::path rest;
    for (auto after = std::next(part); after != whole.end(); ++after) rest /= *after;
    std::string text;
    for (const std::string& name : closest_words(part->string(), names_in(folder))) {
      // texts/poem.txt for text/poem.txt; only "texts" where there is no such poem.
      const fs::path meant = folder / name;
      const fs::path full = rest.empty() ? meant : meant / rest;
      text += (text.empty() ? "did you mean " : " or ") +
              tenon::quoted((is_there(full) ? full : meant).string(), kPathBytes);
    }
    if (!text.empty()) return text + "?";
    if (!rest.empty())
      return "the folder " + tenon::quoted(next.string(), kPathBytes) + " does not exist";
    return "there is nothing of that name or a similar one in " +
           (folder.empty() ? "this folder" : tenon::quoted(folder.string(), kPathBytes));
  }
  return {};
}

}  // namespace tenon::cli
