using System.Globalization;
using System.Net;
using System.Reflection;
using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>Worker processes on this machine. A worker that dies is restarted, unless it dies repeatedly.</summary>
internal sealed class LocalWorkers : IAsyncDisposable
{
    private const int MaxDeathsInARow = 5;
    private static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    // Allows for a checkpoint of a large model.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ILogger _logger;
    private readonly Task[] _running;

    private volatile bool _isClosing;

    private LocalWorkers(IEnumerable<(string Name, string[] Command)> workers, ILogger logger)
    {
        _logger = logger;
        _running = [.. workers.Select(w => Task.Run(() => KeepAsync(w.Name, w.Command, _stopping.Token)))];
        Gone = _running.Length == 0 ? Task.Delay(Timeout.Infinite, _stopping.Token) : Task.WhenAll(_running);
    }

    /// <summary>
    /// Completes when no worker is left, which is a failure while runs remain; never completes if there were none.
    /// </summary>
    public Task Gone { get; }

    /// <summary>Starts the workers.</summary>
    /// <param name="count">Number of workers.</param>
    /// <param name="endpoint">Address of the study.</param>
    /// <param name="tokenFile">File with the secret shared with the study.</param>
    /// <param name="folder">The study folder.</param>
    /// <param name="arguments">Further arguments for all workers.</param>
    /// <param name="logger">Logs workers that die.</param>
    public static LocalWorkers Start(int count, IPEndPoint endpoint, string tokenFile, StudyFolder folder, IReadOnlyList<string> arguments, ILogger logger) => new(
        Enumerable.Range(1, count).Select(number => string.Create(CultureInfo.InvariantCulture, $"local-{number}")).Select(name => (
            name,
            (string[])
            [
                .. Self, "worker", "--name", name, "--host", endpoint.Address.ToString(), "--port", endpoint.Port.ToString(CultureInfo.InvariantCulture),
                "--token_file", tokenFile, "--study_folder", folder.Path, "--log_file", Path.Combine(folder.Path, $"{name}.log"), .. arguments,
            ])),
        logger);

    /// <summary>Shutdown has begun; workers are not restarted.</summary>
    public void StartNoMore() => _isClosing = true;

    /// <summary>Waits for workers that were told to shut down, and kills those that remain.</summary>
    public async ValueTask DisposeAsync()
    {
        var all = Task.WhenAll(_running);
        if (await Task.WhenAny(all, Task.Delay(Grace)) != all)
        {
            _logger.WorkersKilled(Grace.TotalSeconds);
        }

        await _stopping.CancelAsync();
        await all;
        _stopping.Dispose();
    }

    /// <summary>The command line of this program.</summary>
    private static string[] Self
    {
        get
        {
            string program = Environment.ProcessPath ?? "dotnet";
            return Path.GetFileNameWithoutExtension(program) == "dotnet" ? [program, Assembly.GetExecutingAssembly().Location] : [program];
        }
    }

    private async Task KeepAsync(string name, string[] command, CancellationToken cancellationToken)
    {
        int deaths = 0;
        while (deaths < MaxDeathsInARow && !_isClosing)
        {
            long start = TimeProvider.System.GetTimestamp();
            try
            {
                await using var process = ChildProcess.Start(command[0], command[1..]);
                await process.EndAsync(cancellationToken);
                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (UserErrorException e)
            {
                deaths = TimeProvider.System.GetElapsedTime(start) < ShortLife ? deaths + 1 : 1;
                _logger.WorkerEnded(name, e.Message);
                await Task.Delay(Pause * deaths, CancellationToken.None);
            }
        }

        if (!_isClosing)
        {
            _logger.WorkerGivenUp(name, MaxDeathsInARow);
        }
    }
}
