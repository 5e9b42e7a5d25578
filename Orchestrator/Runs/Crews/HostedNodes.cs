using System.Net;
using Microsoft.Extensions.Logging;
using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Runs.Crews;

/// <summary>
/// The nodes of a run, hosted in this process over loopback: the same wire protocol as between processes, without their
/// startup time.
/// </summary>
/// <param name="options">The run's options.</param>
/// <param name="logger">The nodes' log.</param>
/// <param name="stateFolder">Where nodes of a blind run keep its key and its model; <see langword="null"/> for nowhere.</param>
internal sealed class HostedNodes(RunOptions options, ILogger logger, string? stateFolder = null) : INodeCrew
{
    private readonly TaskCompletionSource<UserErrorException> _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private Task? _running;

    /// <inheritdoc/>
    public Task<UserErrorException> Failure => _failure.Task;

    /// <inheritdoc/>
    public void Start(IPEndPoint endpoint) => _running ??= Task.Run(() => WatchAsync(endpoint));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await (_running ?? Task.CompletedTask);
        _stopping.Dispose();
    }

    private async Task WatchAsync(IPEndPoint endpoint)
    {
        try
        {
            await RunAsync(endpoint);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // These nodes had not been told to shut down.
        }
        catch (Exception e)
        {
            _failure.TrySetResult(e as UserErrorException ?? new UserErrorException(ExitCode.InternalError, $"the nodes failed: {e.Message}", e));
        }
    }

    private HostedSamples Deal(ISamples all) => HostedSamples.Deal(all, firstNodeId: 1, options.Dealing.Deal(all), options.Dealing);

    private async Task RunAsync(IPEndPoint endpoint)
    {
        DatasetFiles files = await RunContext.LocateAsync(options.Dataset, new Progress<string>(logger.DatasetNote), _stopping.Token);
        HostedSamples samples = ErrorTable.ReadingData.Guard(() => Deal(files.OpenTrain()));
        var device = ComputeDevice.Select(options.Device, options.NoAccelerator, options.Threads);
        var node = new NodeOptions(NodeId: 1, endpoint.Address.ToString(), endpoint.Port, device, options.NewEncoding())
        {
            StateFolder = stateFolder,
            Policy = new PolicySource(NodePolicy.Permissive),
            Test = new TestPart(files, options.NumNodes).Of,
        };
        using var host = new NodeHost(node, samples, logger);
        if ((await host.RunAsync(_stopping.Token)).FirstOrDefault() is { } failed)
        {
            throw new UserErrorException(ExitCode.TrainingFailed, $"node {failed.NodeId}: {failed.Reason.Message}", failed.Reason);
        }
    }
}
