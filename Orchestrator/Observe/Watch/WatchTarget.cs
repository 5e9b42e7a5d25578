using System.Text.RegularExpressions;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Studies;

namespace TraversalLearning.Orchestration.Observe.Watch;

/// <summary>What is watched: a run's folder, or the live page of a program that trains.</summary>
/// <param name="File">Its <c>events.jsonl</c>, if it is a folder.</param>
/// <param name="Url">The stream of events, if it is a live page.</param>
internal sealed partial record WatchTarget(string? File, Uri? Url)
{
    /// <summary>Reads what a user writes: <c>host:port</c>, a URL, a folder or its file. What is there is a folder; what may yet come is one too, unless it ends with a port.</summary>
    /// <exception cref="UserErrorException">It is none of them.</exception>
    public static WatchTarget Parse(string text)
    {
        if (Directory.Exists(text))
        {
            if (StudyQueue.IsIn(text))
            {
                throw new UserErrorException(
                    ExitCode.Usage, $"'{text}' is the folder of a study: watch one of its runs, such as '{Path.Combine(text, StudyFolder.RunsName, "NAME")}', or see 'experiment status {text}'");
            }

            return new WatchTarget(Path.Combine(text, "events.jsonl"), null);
        }

        if (text.EndsWith(".jsonl", StringComparison.Ordinal))
        {
            return new WatchTarget(text, null);
        }

        bool isUrl = text.StartsWith("http://", StringComparison.Ordinal) || text.StartsWith("https://", StringComparison.Ordinal);
        if (isUrl || HostAndPort().IsMatch(text))
        {
            return Uri.TryCreate(isUrl ? text : $"http://{text}", UriKind.Absolute, out Uri? uri)
                ? new WatchTarget(null, new Uri(uri, "/events"))
                : throw new UserErrorException(ExitCode.Usage, $"'{text}' is no address; give host:port, such as 127.0.0.1:8088");
        }

        return new WatchTarget(Path.Combine(text, "events.jsonl"), null);
    }

    [GeneratedRegex(@"^[^/\\\s]+:\d{1,5}/?$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HostAndPort();
}
