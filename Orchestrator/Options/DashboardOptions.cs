using TraversalLearning.Hosting;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Options;

/// <summary>Address and access control of the live page.</summary>
/// <param name="Host">Address to listen on.</param>
/// <param name="Port">Port to listen on; 0 for any.</param>
/// <param name="Token">Required from browsers; <see langword="null"/> for none, on the loopback interface only.</param>
internal sealed record DashboardOptions(string Host, int Port, Token? Token)
{
    /// <summary>Interval between updates.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Refuses a page that other machines can reach without a token.</summary>
    /// <exception cref="UserErrorException">The page is refused.</exception>
    public void Require()
    {
        if (Token is null && !Exposure.IsLoopback(Host))
        {
            throw new UserErrorException(
                ExitCode.Usage, $"--dashboard_host {Host} lets other machines see the run: give a --token_file that browsers must know, or keep it on 127.0.0.1");
        }
    }
}
