#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "folder.h"

/// What goes to stderr while `body` runs.
inline std::string stderr_of(const std::function<void()>& body) {
  const Folder folder;
  folder.write("err", "");
  const int saved = ::dup(STDERR_FILENO);
  const int file = ::open(folder.path("err").c_str(), O_WRONLY | O_APPEND);
  ::dup2(file, STDERR_FILENO);
  body();
  ::dup2(saved, STDERR_FILENO);
  ::close(file);
  ::close(saved);
  return folder.read("err");
}
