using System.Globalization;
using System.Net;
using System.Reflection;
using NLog;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Experiments;

/// <summary>Worker processes on this machine. One that dies is started again, unless that happens again and again.</summary>
internal sealed class LocalWorkers : IAsyncDisposable
{
    private const int MaxDeathsInARow = 5;
    private static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    // For a checkpoint of a large model.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Logger _logger;
    private readonly Task[] _running;

    private LocalWorkers(IEnumerable<Func<CancellationToken, Task>> workers, Logger logger)
    {
        _logger = logger;
        _running = [.. workers.Select(w => Task.Run(() => w(_stopping.Token)))];
    }

    /// <summary>Completes when none of them is left, which is a failure while there are runs to be done; never if there were none.</summary>
    public Task Gone => _running.Length == 0 ? Task.Delay(Timeout.Infinite, _stopping.Token) : Task.WhenAll(_running);

    /// <summary>Starts them.</summary>
    /// <param name="count">How many.</param>
    /// <param name="endpoint">Where the study is run.</param>
    /// <param name="tokenFile">The secret that they share with it.</param>
    /// <param name="folder">The study's.</param>
    /// <param name="arguments">What all of them are told beside.</param>
    /// <param name="logger">Told of those that die.</param>
    public static LocalWorkers Start(int count, IPEndPoint endpoint, string tokenFile, StudyFolder folder, IReadOnlyList<string> arguments, Logger logger) => new(
        Enumerable.Range(1, count).Select<int, Func<CancellationToken, Task>>(number => token =>
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"local-{number}");
            return KeepAsync(
                name,
                [
                    .. Self, "worker", "--name", name, "--host", endpoint.Address.ToString(), "--port", endpoint.Port.ToString(CultureInfo.InvariantCulture),
                    "--token_file", tokenFile, "--study_folder", folder.Path, "--log_file", Path.Combine(folder.Path, $"{name}.log"), .. arguments,
                ],
                Math.Max(1, Environment.ProcessorCount / count),
                logger,
                token);
        }),
        logger);

    /// <summary>Waits for those that have been sent home, and ends those that stay.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_running.Length > 0 && await Task.WhenAny(Task.WhenAll(_running), Task.Delay(Grace)) is { } first && _running.Any(r => !r.IsCompleted))
        {
            _logger.Warn("[1064] workers did not end within {seconds} s and are killed", Grace.TotalSeconds);
            _ = first;
        }

        await _stopping.CancelAsync();
        await Task.WhenAll(_running);
        _stopping.Dispose();
    }

    /// <summary>This program, as it was started.</summary>
    private static string[] Self
    {
        get
        {
            string program = Environment.ProcessPath ?? "dotnet";
            return Path.GetFileNameWithoutExtension(program) == "dotnet" ? [program, Assembly.GetExecutingAssembly().Location] : [program];
        }
    }

    private static async Task KeepAsync(string name, string[] command, int threads, Logger logger, CancellationToken cancellationToken)
    {
        for (int deaths = 0; deaths < MaxDeathsInARow;)
        {
            long start = TimeProvider.System.GetTimestamp();
            try
            {
                await using var process = ChildProcess.Start(command[0], command[1..], threads);
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
                logger.Warn("[1065] worker {worker} ended: {reason}", name, e.Message);
                await Task.Delay(Pause * deaths, CancellationToken.None);
            }
        }

        logger.Error("[1066] worker {worker} has died {count} times in a row and is not started again", name, MaxDeathsInARow);
    }
}
