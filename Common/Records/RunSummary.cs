using System.Globalization;
using System.Text;
using TraversalLearning.Wire;

namespace TraversalLearning.Records;

/// <summary>What left for one run, added up.</summary>
/// <param name="orchestrator">Host and port of the orchestrator.</param>
/// <param name="run">The session; <see langword="null"/> for what left before a node was admitted.</param>
public sealed class RunSummary(string orchestrator, string? run)
{
    private readonly Dictionary<SentContent, long> _bytesOf = [];
    private readonly SortedSet<int> _nodes = [];
    private readonly HashSet<int> _epochs = [];
    private readonly SortedSet<string> _methods = new(StringComparer.Ordinal);
    private string? _certificate;
    private DateTime _first = DateTime.MaxValue;
    private DateTime _last = DateTime.MinValue;
    private long _figures;

    /// <summary>The session; <see langword="null"/> for what left before a node was admitted.</summary>
    public string? Run { get; } = run;

    /// <summary>Number of messages.</summary>
    public long Messages { get; private set; }

    /// <summary>Bytes of all messages.</summary>
    public long Bytes { get; private set; }

    /// <summary>Replies that were computed from samples: visits, rounds of local training, parts of blind steps.</summary>
    public long Visits { get; private set; }

    /// <summary>Rows of the visits, each use counted.</summary>
    public long Rows { get; private set; }

    /// <summary>Number of epochs in which there was a visit.</summary>
    public int Epochs => _epochs.Count;

    /// <summary>Bytes of each kind of content.</summary>
    public IReadOnlyDictionary<SentContent, long> BytesOf => _bytesOf;

    /// <summary>Adds a message.</summary>
    public void Add(FrameLine message)
    {
        Messages++;
        Bytes += message.Bytes;
        _certificate = message.Certificate ?? _certificate;
        _nodes.Add(message.Node);
        (_first, _last) = (message.Time < _first ? message.Time : _first, message.Time > _last ? message.Time : _last);
        if (IsVisit(message))
        {
            _methods.Add(MethodOf(message));
            Visits++;
            Rows += message.Rows;
            _epochs.Add(message.Step?.Epoch ?? 0);
        }

        foreach (RecordedTensor tensor in message.Tensors)
        {
            Count(SentContent.Of(message, tensor), tensor.Bytes);
        }

        if (message.Type == nameof(MessageType.Statistics))
        {
            Count(SentContent.Statistics, message.Bytes);
        }

        _figures += HasFigures(message) ? 1 : 0;
    }

    /// <summary>The run in a line for a person.</summary>
    public override string ToString()
    {
        var line = new StringBuilder(Run is null ? "before admission" : $"run {Printable.Escape(Run)}");
        line.Append(CultureInfo.InvariantCulture, $": {_first:yyyy-MM-dd HH:mm} to {(_last.Date == _first.Date ? $"{_last:HH:mm}" : $"{_last:yyyy-MM-dd HH:mm}")} UTC, {Printable.Escape(orchestrator)}");
        line.Append(_certificate is null ? " (no certificate)" : $" ({Printable.Escape(_certificate)})");
        line.Append(_methods.Count > 0 ? $", {Printable.Escape(string.Join(" + ", _methods))}" : string.Empty).Append(", ").Append(NodesInWords()).Append(": ").Append(Content);
        return line.ToString();
    }

    /// <summary>What left, in a person's words.</summary>
    public string Content
    {
        get
        {
            string visits = Visits > 0 ? $"{Counted(Epochs, "epoch")}, {Counted(Visits, "visit")}, {Counted(Rows, "row")}; " : string.Empty;
            string parts = string.Join(", ", Parts());
            return $"{visits}{parts}{(parts.Length > 0 ? "; " : string.Empty)}{Size(Bytes)} in {Counted(Messages, "message")}";
        }
    }

    /// <summary>Algorithm and exchange; nodes that train on their own have no exchange.</summary>
    private static string MethodOf(FrameLine message) => message.Type is nameof(MessageType.LocalResult) or nameof(MessageType.GossipResult)
        ? message.Algorithm ?? "local training"
        : string.Join(' ', ((string?[])[message.Algorithm, message.Exchange]).OfType<string>());

    private static bool IsVisit(FrameLine message) => message.Rows > 0 && message.Type is
        nameof(MessageType.ForwardResult) or nameof(MessageType.ActivationResult) or nameof(MessageType.LocalResult) or nameof(MessageType.GossipResult)
        or nameof(MessageType.BlindSum);

    /// <summary>Whether a message has a sum of losses and hits of samples that the orchestrator reads.</summary>
    private static bool HasFigures(FrameLine message) => message.Type is
        nameof(MessageType.ForwardResult) or nameof(MessageType.LossResult) or nameof(MessageType.LocalResult) or nameof(MessageType.GossipResult)
        or nameof(MessageType.ValidationResult);

    private static string Counted(long count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}{(count == 1 ? string.Empty : "s")}");

    private static string Size(long bytes)
    {
        (double size, string unit) = bytes switch
        {
            < 1_000 => (bytes, "bytes"),
            < 1_000_000 => (bytes / 1e3, "kB"),
            < 1_000_000_000 => (bytes / 1e6, "MB"),
            _ => (bytes / 1e9, "GB"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{size.ToString(size < 10 && bytes >= 1_000 ? "0.0" : "#,0", CultureInfo.InvariantCulture)} {unit}");
    }

    private void Count(SentContent content, long bytes) => _bytesOf[content] = _bytesOf.GetValueOrDefault(content) + bytes;

    private string NodesInWords() => _nodes.Count == 1
        ? $"node {_nodes.Min}"
        : _nodes.Max - _nodes.Min == _nodes.Count - 1 ? $"nodes {_nodes.Min} to {_nodes.Max}" : $"nodes {string.Join(", ", _nodes)}";

    private IEnumerable<string> Parts()
    {
        IEnumerable<SentContent> kinds = SentContent.All.Concat(_bytesOf.Keys.Except(SentContent.All).OrderBy(k => k.Name, StringComparer.Ordinal)).Where(_bytesOf.ContainsKey);
        foreach (SentContent kind in kinds)
        {
            yield return $"{Printable.Escape(kind.Name)} {Size(_bytesOf[kind])}{(kind.Tells is { } tells ? $" ({tells})" : string.Empty)}";
        }

        if (_figures > 0)
        {
            yield return $"loss and hits in {Counted(_figures, "message")}";
        }

        // Only where the orchestrator can read nothing that was computed from labels.
        if (Visits > 0 && _figures == 0 && !_bytesOf.Keys.Any(k => k.IsReadable))
        {
            yield return "no labels";
        }
    }
}
