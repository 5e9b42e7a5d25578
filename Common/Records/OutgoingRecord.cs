using System.Buffers;
using Microsoft.Win32.SafeHandles;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Transport;

namespace TraversalLearning.Records;

/// <summary>
/// The record of what left the nodes of this process: a line for each message, written before the message is sent, each
/// chained to the one before by its hash (docs/reference/record.md). What is written reaches the disk within a second, and
/// at the end of a session. The first failure ends it: nothing is sent any more.
/// </summary>
public sealed class OutgoingRecord : IDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private readonly Lock _appending = new();
    private readonly Lock _syncing = new();
    private readonly ArrayBufferWriter<byte> _line = new(2048);
    private readonly List<FileStream> _finished = [];
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly HeldFolder _held;
    private readonly string _folder;
    private FileStream? _file;
    private DateOnly _day;
    private long _length;
    private RecordHead _head;
    private RecordHead? _synced;
    private bool _isDue;
    private RecordException? _failure;

    private OutgoingRecord(HeldFolder held, TimeProvider time)
    {
        (_held, _time, _folder) = (held, time, RecordFolder.In(held.Path));
        _head = RecordHead.None;
        _timer = time.CreateTimer(_ => TrySync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The last line.</summary>
    public RecordHead Head
    {
        get
        {
            lock (_appending)
            {
                return _head;
            }
        }
    }

    /// <summary>Opens the record in a node's state folder, and goes on with it.</summary>
    /// <param name="stateFolder">The state folder; created if it does not exist. Other processes are locked out.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="UserErrorException">The record cannot be written, was cut, or another process writes it.</exception>
    public static OutgoingRecord Open(string stateFolder, TimeProvider? time = null)
    {
        var held = HeldFolder.Take(stateFolder, "--state_dir", "another node");
        var record = new OutgoingRecord(held, time ?? TimeProvider.System);
        try
        {
            record.Begin();
            return record;
        }
        catch (RecordException e)
        {
            record.Dispose();
            throw new UserErrorException(ExitCode.TrainingFailed, e.Message, e);
        }
        catch
        {
            record.Dispose();
            throw;
        }
    }

    /// <summary>The record of the messages of a connection. A message that cannot be recorded is refused by a <see cref="RecordException"/>.</summary>
    public IOutgoingFrames Of(RecordContext context) => new RecordedFrames(this, context);

    /// <summary>Waits until every line is on the disk.</summary>
    /// <exception cref="RecordException">The disk refuses.</exception>
    public void Sync()
    {
        TrySync();
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw failure;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        if (_file is not null)
        {
            TrySync();
        }

        lock (_syncing)
        {
            _finished.ForEach(f => f.Dispose());
            _file?.Dispose();
            _held.Dispose();
        }
    }

    /// <summary>Writes a line.</summary>
    /// <exception cref="RecordException">It could not be written, or one before it.</exception>
    internal void Append(RecordLine line)
    {
        lock (_appending)
        {
            if (_failure is { } failure)
            {
                throw failure;
            }

            DateTime now = _time.GetUtcNow().UtcDateTime;
            try
            {
                BeginDayIfNew(DateOnly.FromDateTime(now));
                Write(line, now);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Fail(e);
            }

            if (!_isDue)
            {
                _isDue = true;
                _timer.Change(Delay, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Begin()
    {
        try
        {
            PrivateFiles.CreateFolder(_folder);
            RecordFolder.DeleteTemporaryHeads(_folder);
            var start = RecordStart.Of(_folder);
            (_head, _length) = (start.Head, start.Length);
            if (RecordFolder.DayOf(_head.File) is { } day)
            {
                _day = day;
                _file = PrivateFiles.Open(Path.Combine(_folder, _head.File), FileMode.OpenOrCreate, FileShare.Read, bufferSize: 0);
            }

            DateTime now = _time.GetUtcNow().UtcDateTime;
            BeginDayIfNew(DateOnly.FromDateTime(now));
            Array.ForEach(start.Interruptions, i => Write(i, now));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fail(e);
        }

        Sync();
    }

    private void BeginDayIfNew(DateOnly today)
    {
        if (_file is not null && today <= _day)
        {
            return;
        }

        string name = RecordFolder.NameOf(today);
        FileStream file = PrivateFiles.Open(Path.Combine(_folder, name), FileMode.CreateNew, FileShare.Read, bufferSize: 0);
        var first = new DayLine { Day = today, After = _file is null ? null : _head.File, Previous = _head.Hash };
        if (_file is not null)
        {
            _file.Flush(flushToDisk: true);
            _finished.Add(_file);
        }

        (_file, _day, _length, _head) = (file, today, 0, _head with { File = name });
        Write(first, _time.GetUtcNow().UtcDateTime);
    }

    private void Write(RecordLine line, DateTime now)
    {
        line = line with { N = _head.Lines + 1, Time = now };
        ReadOnlySpan<byte> bytes = ChainedLine.Write(_line, line, _head.Hash, out string hash);
        SafeFileHandle file = _file!.SafeFileHandle;
        try
        {
            RandomAccess.Write(file, bytes, _length);
        }
        catch (IOException)
        {
            Truncate(file);
            throw;
        }

        _length += bytes.Length;
        _head = _head with { Lines = line.N, Hash = hash };
    }

    /// <summary>Removes what a failed write left, if that is possible: otherwise the next start does.</summary>
    private void Truncate(SafeFileHandle file)
    {
        try
        {
            RandomAccess.SetLength(file, _length);
        }
        catch (IOException)
        {
            // The failure of the write is reported.
        }
    }

    /// <summary>Flushes to the disk, and then says so in the head. Lines may be appended meanwhile.</summary>
    private void TrySync()
    {
        lock (_syncing)
        {
            (FileStream file, RecordHead head, FileStream[] finished) state;
            lock (_appending)
            {
                if (_failure is not null || _head == _synced)
                {
                    return;
                }

                _isDue = false;
                state = (_file!, _head, [.. _finished]);
                _finished.Clear();
            }

            try
            {
                RandomAccess.FlushToDisk(state.file.SafeFileHandle);
                if (!string.Equals(state.head.File, _synced?.File, StringComparison.Ordinal))
                {
                    PrivateFiles.FlushFolder(_folder);
                }

                state.head.Write(RecordFolder.HeadOf(_folder));
                _synced = state.head;
                Array.ForEach(state.finished, f => f.Dispose());
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                lock (_appending)
                {
                    Fail(e);
                }
            }
        }
    }

    private RecordException Fail(Exception e) => _failure ??= new RecordException(
        $"the record of what left in '{_folder}' cannot be written: {(e is UnauthorizedAccessException ? "permission denied" : e.Message)}; make room or give access there, then start the node again", e);
}
