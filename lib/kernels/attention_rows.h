#pragma once

#include <span>
#include <vector>

#include "kernels/attention_job.h"
#include "kernels/kernels.h"

namespace tenon::kernels {

/// The rows of an attention call as the kernels read them, for the length of the call.
class PlainRows {
 public:
  /// At least one row.
  PlainRows(std::span<const AttentionRow> rows, const AttentionOptions& options);
  const AttentionJob& job() const { return job_; }

 private:
  std::vector<AttentionQuery> queries_;
  AttentionJob job_;
};

}  // namespace tenon::kernels
