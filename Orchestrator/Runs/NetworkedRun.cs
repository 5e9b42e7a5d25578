using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Methods;
using TraversalLearning.Orchestration.Scheduling;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Training with nodes, by the method that the options name.</summary>
/// <param name="nodes">The nodes, where they are started for the run.</param>
internal sealed class NetworkedRun(INodeCrew? nodes)
{
    /// <summary>
    /// Tries what <c>auto</c> leaves open. Each trial is a session of its own, whose nodes come back for the next one when its connections
    /// end; the port stays.
    /// </summary>
    public async Task<RunContext> ChooseSplitAsync(RunContext context, OrchestratorLog log, CancellationToken cancellationToken)
    {
        int port = context.Options.Port;
        IReadOnlyList<NodeData> data = [];
        RunContext chosen = await SplitTrials.ChooseAsync(
            context,
            async (candidate, hopeless) =>
            {
                bool first = data.Count == 0;
                await using var orchestrator = new Training.Orchestrator(candidate.OnPort(port), log, data);
                port = orchestrator.Endpoint.Port;
                nodes?.Start(orchestrator.Endpoint);
                return await WithNodesAsync(orchestrator, candidate.Options, async () =>
                {
                    TimeSpan step = await SplitTrials.MeasureAsync(orchestrator, first, hopeless, cancellationToken);
                    data = orchestrator.Data;
                    return step;
                });
            },
            log);
        return chosen.OnPort(port);
    }

    /// <summary>Trains.</summary>
    /// <exception cref="UserErrorException">A node is lost or could not do its part, or there is something wrong with the data.</exception>
    public async Task<RunOutcome> TrainAsync(TrainingRun run, CancellationToken cancellationToken)
    {
        using SampleTensors? test = run.Context.ReadTest();
        await using var orchestrator = new Training.Orchestrator(run.Context, run.Log, run.KnownData, test);
        nodes?.Start(orchestrator.Endpoint);
        return await WithNodesAsync(orchestrator, run.Context.Options, async () =>
        {
            ITrainingMethod? method = null;
            Validator? validate = null;
            if (run.IsTrained)
            {
                await orchestrator.AwaitStragglersAsync(cancellationToken);
            }
            else
            {
                int[] sampleCounts = await orchestrator.SampleCountsAsync(cancellationToken);
                method = TrainingMethods.Of(run.Context.Options.Algorithm).Create(orchestrator, sampleCounts);
                validate = orchestrator.NewValidator(sampleCounts);
            }

            RunOutcome outcome = await run.TrainAsync(
                orchestrator.Model, method, orchestrator.Data, test, () => orchestrator.Traffic, cancellationToken, validate);
            await orchestrator.FinishAsync("training is complete");
            return outcome with { Nodes = orchestrator.Nodes };
        });
    }

    /// <summary>Sends the nodes home where something ends the work with them, and says what to do.</summary>
    private static async Task<T> WithNodesAsync<T>(Training.Orchestrator orchestrator, RunOptions options, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (NodeLostException e)
        {
            await orchestrator.FinishAsync("training ended early");
            string advice = options.OnNodeLoss == OnNodeLoss.Abort
                ? "start it again"
                : e.Advice;
            throw new UserErrorException(ExitCode.NodeLost, $"{e.Message}; {advice}", e);
        }
        catch (TaskFailedException e) when (e.IsDivergence)
        {
            await orchestrator.FinishAsync("training ended early");
            string data = orchestrator.DescribeNumbersOf(e.NodeId) is { } numbers ? $"{e.Message} ({numbers})" : e.Message;
            throw new DivergedException(data, inner: e);
        }
        catch (Exception e) when (e is TaskFailedException or ModelException)
        {
            await orchestrator.FinishAsync("training ended early");
            throw new UserErrorException(ExitCode.TrainingFailed, e.Message, e);
        }
        catch (Exception e)
        {
            await orchestrator.FinishAsync(e is OperationCanceledException ? "training was cancelled" : "training ended early");
            throw;
        }
    }
}
