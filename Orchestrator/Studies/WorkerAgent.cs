using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Security;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>
/// A worker: connects to a study, executes the runs that it is assigned, and reconnects until the study is over. A
/// worker on the study's own machine exits when it loses the connection; the study starts a new one.
/// </summary>
/// <param name="options">The worker's options.</param>
/// <param name="runs">Executes the runs.</param>
/// <param name="logger">The worker's log.</param>
internal sealed class WorkerAgent(WorkerOptions options, WorkerRun runs, ILogger logger)
{
    private readonly OrchestratorConnector _entrance = new(
        options.Host,
        options.Port,
        new ClientHandshake(
            options.Host,
            WorkerHello.NodeId,
            (connection, _, nonce, token) => connection.SendAsync(new WorkerHello(options.Name, ProductInfo.Software, options.StudyFolder is not null, nonce), token),
            options.Security),
        ConnectionOptions.DefaultHandshakeTimeout);

    private string Endpoint => $"{options.Host}:{options.Port}";

    /// <summary>Runs until the study is over.</summary>
    /// <exception cref="UserErrorException">The worker was refused, or the study is unreachable.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        long lastContact = TimeProvider.System.GetTimestamp();
        for (int attempt = 0; ; attempt++)
        {
            string reason;
            options.Security.Refresh(logger);
            try
            {
                (Connection connection, OrchestratorAnswer answer) = await _entrance.EnterAsync(cancellationToken);
                await using Connection admitted = connection;
                if (answer.WorkerWelcome is { } welcome)
                {
                    attempt = 0;
                    if (await ServeAsync(connection, welcome, cancellationToken) is { } farewell)
                    {
                        logger.StudyOver(farewell.Reason);
                        return;
                    }

                    lastContact = TimeProvider.System.GetTimestamp();
                }

                reason = connection.Reason?.Message ?? answer.Reject?.Text ?? "not admitted";
            }
            catch (Exception e) when (e is NodeRejectedException or PeerAuthenticationException)
            {
                throw new UserErrorException(ExitCode.Rejected, e.Message, e);
            }
            catch (Exception e) when (e is SocketException or ConnectionLostException or ProtocolException or TimeoutException)
            {
                reason = e.Message;
            }

            if (options.StudyFolder is not null || TimeProvider.System.GetElapsedTime(lastContact) > options.ConnectTimeout)
            {
                throw new UserErrorException(ExitCode.Network, $"no study at {Endpoint} ({reason})");
            }

            TimeSpan delay = Backoff.Delay(attempt, Random.Shared.NextDouble());
            logger.NoStudy(Endpoint, reason, delay.TotalSeconds);
            await Task.Delay(delay, cancellationToken);
        }
    }

    private async Task<Shutdown?> ServeAsync(Connection connection, WorkerWelcome welcome, CancellationToken cancellationToken)
    {
        logger.StudyJoined(Endpoint, options.Name);
        var link = new StudyLink(connection);
        var encoding = TensorEncodingOptions.Raw;
        Task<ConnectionLostException> receiving = link.RunAsync(new ConnectionOptions(welcome.HeartbeatInterval, welcome.HeartbeatTimeout, encoding) { Limits = WireLimits.Study });
        try
        {
            await WorkAsync(link, welcome.Study, cancellationToken);
        }
        catch (Exception e) when (link.Ended.IsCancellationRequested && e is ConnectionLostException or OperationCanceledException)
        {
            // The cause is reported below.
        }
        finally
        {
            connection.End("this worker is done");
            await receiving;
        }

        cancellationToken.ThrowIfCancellationRequested();
        return link.Shutdown;
    }

    private async Task WorkAsync(StudyLink link, string study, CancellationToken cancellationToken)
    {
        using var working = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, link.Ended);
        while (!working.IsCancellationRequested)
        {
            switch (await link.AskAsync(new RunQuery(), working.Token))
            {
                case RunOffer offer:
                    await runs.DoAsync(offer, study, link, cancellationToken);
                    break;
                case NoRun none:
                    await Task.Delay(none.Wait, working.Token);
                    break;
            }
        }
    }
}
