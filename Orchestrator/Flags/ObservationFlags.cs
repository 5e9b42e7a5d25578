using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>Flags for observing runs in progress. None of them changes a result.</summary>
internal sealed class ObservationFlags
{
    private const string TokenFile = "--token_file";

    private readonly Flag<int?> _port = Flag.OptionalInt(
        "--dashboard_port", "port of the [live page](../guide/watching.md#the-live-page); 0 for any free one", min: 0, max: 65535, without: "no page");
    private readonly Flag<string> _host = Flag.Text(
        "--dashboard_host", "address that the live page listens on; one other than loopback requires `--token_file`", "127.0.0.1", "ADDRESS");
    private readonly Flag<string?> _token = Flag.OptionalText(TokenFile, "file with the secret that browsers must know to see the live page, readable by its owner only");
    private readonly Flag<Uri?> _otlp = Flag.Parsed<Uri?>(
        "--otlp_endpoint", "destination of [metrics](../guide/watching.md#metrics) by OTLP over HTTP, such as `http://127.0.0.1:4318`", null, "URL", ParseEndpoint);

    private readonly Flag<string?> _tensorBoard = Flag.OptionalText(
        "--tensorboard", "folder for [TensorBoard](../guide/watching.md#tensorboard), in which each run has one of its name", "DIR");

    /// <summary>All of them, for commands that do not pass them to their runs.</summary>
    public IReadOnlyList<Option> Options => [.. StudyOptions, _tensorBoard.Option];

    /// <summary>The flags for observing a study, whose runs are other processes.</summary>
    public IReadOnlyList<Option> StudyOptions => [_port.Option, _host.Option, _token.Option, _otlp.Option];

    /// <summary>
    /// Adds the flags to a command that executes runs; a command with a token uses it for the live page too.
    /// </summary>
    public void AddTo(Command command) => Add(command, Options);

    /// <summary>Like <see cref="AddTo"/>, for a study.</summary>
    public void AddStudyTo(Command command) => Add(command, StudyOptions);

    /// <summary>Reads the flags.</summary>
    /// <exception cref="UserErrorException">Incompatible values, or the token cannot be read.</exception>
    public ObservationOptions Read(ParseResult result)
    {
        DashboardOptions? dashboard = null;
        if (_port.Get(result) is { } port)
        {
            dashboard = new DashboardOptions(_host.Get(result), port, result.GetValue<string?>(TokenFile) is { } path ? Token.Load(path) : null);
            dashboard.Require();
        }

        return new ObservationOptions(dashboard, _otlp.Get(result)) { TensorBoard = _tensorBoard.Get(result) };
    }

    private static void Add(Command command, IReadOnlyList<Option> options)
    {
        foreach (Option option in options.Where(o => command.Options.All(known => known.Name != o.Name)))
        {
            command.Options.Add(option);
        }
    }

    private static Uri? ParseEndpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"
            ? uri
            : throw new FormatException("a URL such as http://127.0.0.1:4318");
}
