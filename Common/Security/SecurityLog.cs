using Microsoft.Extensions.Logging;

namespace TraversalLearning.Security;

internal static partial class SecurityLog
{
    [LoggerMessage(2040, LogLevel.Information, "certificates read anew: {what}")]
    public static partial void CertificatesRead(this ILogger log, string what);

    [LoggerMessage(2041, LogLevel.Warning, "changed certificates cannot be used, those before stay in force: {reason}")]
    public static partial void CertificatesKept(this ILogger log, string reason);
}
