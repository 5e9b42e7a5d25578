using TraversalLearning.Hosting;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Options;

/// <summary>Where the live page is, and for whom.</summary>
/// <param name="Host">Address to listen on.</param>
/// <param name="Port">Port to listen on; 0 for any.</param>
/// <param name="Token">What a browser must know; <see langword="null"/> for nothing, on the loopback interface alone.</param>
internal sealed record DashboardOptions(string Host, int Port, Token? Token)
{
    /// <summary>How often what has changed is sent.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Refuses a page for other machines without a token.</summary>
    /// <exception cref="UserErrorException">It is one.</exception>
    public void Require()
    {
        if (Token is null && !Exposure.IsLoopback(Host))
        {
            throw new UserErrorException(
                ExitCode.Usage, $"--dashboard_host {Host} lets other machines see the run: give a --token_file that browsers must know, or keep it on 127.0.0.1");
        }
    }
}
