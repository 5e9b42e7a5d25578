using Microsoft.Extensions.Logging;

namespace TraversalLearning.Hosting;

internal static partial class ProgramLog
{
    [LoggerMessage(9001, LogLevel.Debug, "ended by an error that the user can mend")]
    public static partial void EndedByUser(this ILogger log, Exception error);

    [LoggerMessage(9002, LogLevel.Critical, "ended by a defect")]
    public static partial void EndedByDefect(this ILogger log, Exception defect);
}
