using Microsoft.Extensions.Logging;

namespace TraversalLearning.Enrolment;

internal static partial class EnrolmentLog
{
    [LoggerMessage(2042, LogLevel.Information, "'{path}' is renewed: valid until {until}")]
    public static partial void CertificateRenewed(this ILogger log, string path, string until);

    [LoggerMessage(2043, LogLevel.Warning, "this side's certificate ends on {end}; get a new one from the CA in time (docs/guide/several-machines.md)")]
    public static partial void CertificateEnds(this ILogger log, string end);

    [LoggerMessage(2044, LogLevel.Warning, "{problem}; trying again")]
    public static partial void AuthorityUnusable(this ILogger log, string problem);
}
