using Microsoft.Extensions.Logging;

namespace TraversalLearning.Orchestration.Reports;

internal static partial class ReportsLog
{
    [LoggerMessage(1052, LogLevel.Warning, "the run has ended, but its report is not written: {reason}; 'report' makes it again")]
    public static partial void ReportNotWritten(this ILogger log, string reason);

    [LoggerMessage(1068, LogLevel.Warning, "the report cannot be written: {reason}")]
    public static partial void StudyReportNotWritten(this ILogger log, string reason);
}
