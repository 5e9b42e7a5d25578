using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>Flags of a networked run: listening address, authentication, timeouts.</summary>
internal sealed class NetworkFlags : FlagSection
{
    // The maximum that a Welcome can carry, in seconds.
    private const double MaxHeartbeat = 24 * 3600;

    private readonly RunFlag<string> _host;
    private readonly RunFlag<int> _port;
    private readonly SecurityFlags _security = SecurityFlags.ForOrchestrator();

    public NetworkFlags()
    {
        _host = Add(new RunFlag<string>(
            Flag.Text(
                "--host",
                "address to listen on; one other than loopback requires TLS and token, or `--insecure` ([security](security.md))",
                Default.Host,
                "ADDRESS"),
            o => o.Host,
            (o, v) => o with { Host = v }));
        _port = Add(new RunFlag<int>(
            Flag.Int("--port", "port to listen on; 0 for any free one", Default.Port, min: 0, max: 65535), o => o.Port, (o, v) => o with { Port = v }));
        AddSeconds("--connect_timeout", "seconds for all nodes to join at the start ([timeouts](timeouts.md))", o => o.ConnectTimeout, (o, v) => o with { ConnectTimeout = v });
        AddSeconds("--reconnect_timeout", "seconds for a lost node to return", o => o.ReconnectTimeout, (o, v) => o with { ReconnectTimeout = v });
        Add(new RunFlag<OnNodeLoss>(
            Flag.Choice(
                "--on_node_loss",
                "wait for a [lost node](../guide/interruptions.md#when-a-node-is-lost), end at once, or continue without its samples (lossy)",
                ("wait", OnNodeLoss.Wait),
                ("abort", OnNodeLoss.Abort),
                ("skip", OnNodeLoss.Skip)),
            o => o.OnNodeLoss,
            (o, v) => o with { OnNodeLoss = v }) { Uses = FlagUse.Run | FlagUse.Compare });
        AddSeconds("--task_timeout", "seconds of one task of a node before its connection counts as lost", o => o.TaskTimeout, (o, v) => o with { TaskTimeout = v });
        AddSeconds(
            "--heartbeat_interval", "seconds between two signs of life", o => o.HeartbeatInterval, (o, v) => o with { HeartbeatInterval = v }, MaxHeartbeat);
        AddSeconds(
            "--heartbeat_timeout",
            "seconds of silence after which a side counts as dead",
            o => o.HeartbeatTimeout,
            (o, v) => o with { HeartbeatTimeout = v },
            MaxHeartbeat);
        foreach (Option option in _security.Options)
        {
            Add(new RunFlag(option));
        }
    }

    /// <summary>Flags for the listening address and authentication, which apply to external nodes only.</summary>
    public IReadOnlyList<Option> Listening => [_host.Option, _port.Option, .. _security.Options];

    /// <inheritdoc/>
    public override RunOptions Read(RunOptions options, ParseResult result)
    {
        RunOptions read = base.Read(options, result);
        return read.HeartbeatTimeout < 2 * read.HeartbeatInterval
            ? throw new UserErrorException(ExitCode.Usage, "--heartbeat_timeout must be at least twice --heartbeat_interval")
            : read with { Security = _security.ReadOrchestrator(result, read.Host) };
    }

    private void AddSeconds(string name, string meaning, Func<RunOptions, TimeSpan> of, Func<RunOptions, TimeSpan, RunOptions> with, double max = 30 * 24 * 3600) =>
        Add(new RunFlag<TimeSpan>(Flag.Seconds(name, meaning, of(Default), max), of, with) { Uses = FlagUse.Run | FlagUse.Compare });
}
