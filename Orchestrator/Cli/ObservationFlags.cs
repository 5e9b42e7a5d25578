using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Dashboard;
using TraversalLearning.Orchestration.Observation;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Cli;

/// <summary>The flags by which runs are looked at while they go on. None of them changes a result.</summary>
internal sealed class ObservationFlags
{
    private const string TokenFile = "--token_file";

    private readonly Flag<int?> _port = Flag.OptionalInt("--dashboard_port", "Port of a live page to look at in a browser; 0 for any [default: no page]", min: 0, max: 65535);
    private readonly Flag<string> _host = Flag.Text("--dashboard_host", "Address that the live page listens on; another than loopback needs --token_file", "127.0.0.1");
    private readonly Flag<string?> _token = Flag.OptionalText(TokenFile, "File with the secret that browsers must know to see the live page; nobody else may be able to read it");
    private readonly Flag<Uri?> _otlp = Flag.Parsed<Uri?>(
        "--otlp_endpoint", "Where metrics are sent to by OTLP over HTTP, such as http://127.0.0.1:4318", null, "url", ParseEndpoint);

    /// <summary>All of them, for commands whose runs are not to get them.</summary>
    public IReadOnlyList<Option> Options => [_port.Option, _host.Option, _token.Option, _otlp.Option];

    /// <summary>Adds them to a command; one that has a token has it for the live page too.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in Options.Where(o => command.Options.All(known => known.Name != o.Name)))
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Reads them.</summary>
    /// <exception cref="UserErrorException">They do not go together, or the token cannot be read.</exception>
    public ObservationOptions Read(ParseResult result)
    {
        DashboardOptions? dashboard = null;
        if (_port.Get(result) is { } port)
        {
            dashboard = new DashboardOptions(_host.Get(result), port, result.GetValue<string?>(TokenFile) is { } path ? Token.Load(path) : null);
            dashboard.Require();
        }

        return new ObservationOptions(dashboard, _otlp.Get(result));
    }

    private static Uri? ParseEndpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"
            ? uri
            : throw new FormatException("a URL such as http://127.0.0.1:4318");
}
