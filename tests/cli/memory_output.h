#pragma once

#include <string>

#include "cli/context.h"

/// An output that keeps what is written.
class MemoryOutput : public tenon::cli::Output {
 public:
  void write(std::string_view more) override { bytes += more; }
  void flush() override {}
  bool is_terminal() const override { return false; }
  const std::string& path() const override { return path_; }

  std::string bytes;

 private:
  std::string path_ = "-";
};
