using System.CommandLine;
using System.Text.Json.Nodes;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Commands;
using TraversalLearning.Orchestration.Flags;

namespace TraversalLearning.Tests.Support;

/// <summary><c>compare</c> in this process, on a small data set, with nodes in this process too.</summary>
internal sealed class CompareRuns : IDisposable
{
    private readonly TempFolder _folder = new();

    public CompareRuns() => Data = _folder.WriteDataset();

    /// <summary>The data set's folder.</summary>
    public string Data { get; }

    /// <summary>The path of a file or folder within the test's.</summary>
    public string this[params string[] names] => _folder[names];

    /// <summary>Writes a table, and gives its folder.</summary>
    public string WriteTable() =>
        _folder.WriteTable("table", Tables.Schema, Tables.File(Tables.Rows(120)), Tables.File(Tables.Rows(40, seed: 2)));

    /// <summary>The flags of every comparison here but for its folder; the data set may be another one.</summary>
    public string[] Flags(params string[] flags) =>
        ["compare", .. flags.Contains("--dataset", StringComparer.Ordinal) ? [] : (string[])["--dataset", Data], "--num_nodes", "3", "--batch_size", "16", "--threads", "1", "--no-accel", .. flags];

    /// <summary>Compares, in a folder of that name.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="UserErrorException">As the program would show it.</exception>
    public async Task<int> RunAsync(string output, string[] flags, CancellationToken cancellationToken = default)
    {
        var runFlags = new RunFlags();
        var root = new RootCommand();
        runFlags.AddTo(root, FlagUse.Run);
        root.SetAction(static _ => 0);
        root.Subcommands.Add(CompareCommand.Create(runFlags));
        ParseResult arguments = root.Parse([.. Flags(flags), "--in_process", "--output", _folder[output]]);
        Assert.That(arguments.Errors, Is.Empty);
        using Turn turn = await Turn.TakeAsync();
        return await arguments.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, cancellationToken);
    }

    /// <summary>What <c>results.json</c> says.</summary>
    public JsonNode Report(string output) => JsonNode.Parse(File.ReadAllBytes(_folder[output, "results.json"]))!;

    /// <summary>Its groups, by their algorithm.</summary>
    public Dictionary<string, JsonNode> Groups(string output) =>
        Report(output)["studies"]![0]!["groups"]!.AsArray().ToDictionary(g => (string)g!["settings"]!["algorithm"]!, g => g!, StringComparer.Ordinal);

    /// <summary>Its runs.</summary>
    public JsonNode[] Runs(string output) => [.. Report(output)["studies"]![0]!["runs"]!.AsArray().Select(r => r!)];

    /// <summary>The hash that each run ended with, by its folder's name.</summary>
    public Dictionary<string, string?> Hashes(string output) =>
        Runs(output).ToDictionary(r => (string)r["name"]!, r => (string?)r["params_sha256"], StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}
