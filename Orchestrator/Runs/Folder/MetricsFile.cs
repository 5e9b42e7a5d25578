using System.Globalization;
using System.Text;
using TraversalLearning.Files;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Runs.Folder;

/// <summary>
/// A row of <c>metrics.csv</c>, for an epoch or, if requested, a step. Inapplicable fields are empty.
/// </summary>
internal sealed record MetricsRow(
    string Scope,
    int Epoch,
    int? Batch,
    int Step,
    double? TrainLoss,
    double? TrainAccuracy,
    double? TestLoss,
    double? TestAccuracy,
    double LearningRate,
    double Seconds,
    double SamplesPerSecond,
    long SentBytes,
    long ReceivedBytes,
    long SkippedRows,
    double? TestMacroF1,
    double? TestAuc)
{
    public double? TestRmse { get; init; }

    public double? TestMae { get; init; }

    public double? TestR2 { get; init; }

    public double? ValidationLoss { get; init; }

    public double? ValidationAccuracy { get; init; }
}

/// <summary>
/// Writes <c>metrics.csv</c>. A crashed run leaves the rows so far, and a resumed one continues the file. Rows that
/// cannot be written, such as on a full disk, are kept and retried. All fields are numbers or one of two words, so
/// nothing needs quoting.
/// </summary>
internal sealed class MetricsFile : IDisposable
{
    private const string Header =
        "scope,epoch,batch,step,train_loss,train_accuracy,test_loss,test_accuracy,lr,seconds,samples_per_second,sent_bytes,received_bytes,skipped_rows,"
        + "test_macro_f1,test_auc,test_rmse,test_mae,test_r2,validation_loss,validation_accuracy";

    private static readonly string[] Columns = Header.Split(',');

    private readonly AppendedFile _file;

    private MetricsFile(AppendedFile file) => _file = file;

    /// <summary>Whether enough rows are buffered to be written out.</summary>
    public bool IsFlushDue => _file.Pending > 1 << 16;

    /// <summary>Creates a file.</summary>
    /// <exception cref="IOException">The file cannot be created.</exception>
    public static MetricsFile Create(string path)
    {
        var metrics = new MetricsFile(AppendedFile.Open(path, FileMode.Create));
        metrics._file.Add(Header);
        metrics.Flush();
        return metrics;
    }

    /// <summary>
    /// Continues a file from a given progress; later rows are dropped. A file with other columns, from another version,
    /// is converted to the current ones: columns are matched by name, missing ones left empty.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static MetricsFile Continue(string path, TrainingProgress progress)
    {
        string[] kept = File.Exists(path) ? [.. KnownRows(File.ReadAllLines(path), progress)] : [];
        ReplacedFile.Write(path, Encoding.UTF8.GetBytes(string.Concat(kept.Prepend(Header).Select(row => row + "\n"))));
        return new MetricsFile(AppendedFile.Open(path, FileMode.OpenOrCreate));
    }

    /// <summary>Appends a row in memory.</summary>
    public void Write(MetricsRow row)
    {
        string?[] fields =
        [
            row.Scope, Text(row.Epoch), Text(row.Batch), Text(row.Step), Text(row.TrainLoss), Text(row.TrainAccuracy), Text(row.TestLoss),
            Text(row.TestAccuracy), Text(row.LearningRate), Text(Math.Round(row.Seconds, 6)), Text(Math.Round(row.SamplesPerSecond, 1)),
            Text(row.SentBytes), Text(row.ReceivedBytes), Text(row.SkippedRows), Text(row.TestMacroF1), Text(row.TestAuc),
            Text(row.TestRmse), Text(row.TestMae), Text(row.TestR2), Text(row.ValidationLoss), Text(row.ValidationAccuracy),
        ];
        _file.Add(string.Join(',', fields));
    }

    /// <summary>Writes pending rows to the file.</summary>
    /// <exception cref="IOException">The rows cannot be written; the next call retries.</exception>
    public void Flush() => _file.Flush();

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static IEnumerable<string> KnownRows(string[] lines, TrainingProgress progress)
    {
        string[] header = lines.Length > 0 ? lines[0].Split(',') : [];
        int[] places = Array.ConvertAll(Columns, column => Array.IndexOf(header, column));
        return lines.Skip(1)
            .Select(line => line.Split(','))
            .Where(fields => fields.Length == header.Length)
            .Select(fields => Array.ConvertAll(places, place => place < 0 ? string.Empty : fields[place]))
            .Where(row => IsKnownAt(row, progress))
            .Select(row => string.Join(',', row));
    }

    private static bool IsKnownAt(string[] fields, TrainingProgress progress) =>
        int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out int epoch)
        && int.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out int step)
        && (fields[0] == "epoch" ? epoch < progress.Epoch : step <= progress.Steps);

    private static string Text(IFormattable? value) => value?.ToString(null, CultureInfo.InvariantCulture) ?? string.Empty;
}
