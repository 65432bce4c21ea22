{ Client of a till: asks "stammkunde serve" and sells at list price when no good answer comes.

    Till := TStammkundeTill.Create(Url, Token, 'late_receipts.jsonl', UsualBudgets);
    Evaluation := Till.Evaluate(Sale);
    Receipt := Till.Complete(Sale, Charged, '');

  Laws:

  1. No call takes longer than its budget, however slowly the answer trickles in.
  2. No call raises because of the service; what is missing is said with "late" and "why".
  3. A receipt that could not be booked is kept in a file and handed in later; its sale id books it
     once, however often it is sent.
  4. Money is integers (Int64), in minor units (cents).

  What a function returns belongs to the caller, who frees it; what it is given stays the caller's.
  One object serves one till program, from one thread at a time. Free Pascal 3.2 with its own units;
  the README says what other units Delphi has for the same. }
unit stammkundetill;

{$mode objfpc}{$H+}
{$modeswitch advancedrecords}

interface

uses
  Classes, SysUtils, fpjson, ssockets;

type
  { How long the till waits, in milliseconds; as in till.toml, where the service itself answers
    "late" when they are over. }
  TBudgets = record
    ScanMs, EvaluateMs, CompleteMs: Integer;
  end;

const
  UsualBudgets: TBudgets = (ScanMs: 100; EvaluateMs: 300; CompleteMs: 2000);

type
  { The time of one call. }
  TCall = record
    BudgetMs: Int64;
    BeganMs: QWord;
    class function Start(AMilliseconds: Integer): TCall; static;
    function WaitedMs: Int64;
    { What is left; ECallLate when that is nothing. }
    function LeftMs: Integer;
    procedure ReportTo(Value: TJSONObject);
  end;

  ECallLate = class(Exception);
  ENoAnswer = class(Exception);

  { The connection: kept open, and opened again when the service has closed it. }
  TTillConnection = class
  private
    FHost: string;
    FPort: Word;
    FToken: string;
    FSocket: TInetSocket;
    procedure Open(const Call: TCall);
    procedure Write(const Bytes: string; const Call: TCall);
    function ReadSome(const Call: TCall): string;
  public
    constructor Create(const Url, Token: string);
    destructor Destroy; override;
    procedure Close;
    { Sends a request and returns the status; Answer is the body. }
    function Exchange(const Method, Path, Body: string; const Call: TCall;
      out Answer: string): Integer;
  end;

  { The file of receipts to hand in later: one JSON object a line; written whole, so never half. }
  TLateReceipts = class
  private
    FPath: string;
  public
    constructor Create(const APath: string);
    { What waits, the oldest first. }
    function Load: TJSONArray;
    { Replaces the file. }
    procedure Save(Entries: TJSONArray);
    { Appends what the service refused to "….refused", for a person. }
    procedure SetAside(Entry: TJSONObject);
  end;

  { The loopback API of a till. }
  TStammkundeTill = class
  private
    FConnection: TTillConnection;
    FLateReceipts: TLateReceipts;
    FBudgets: TBudgets;
    function Ask(const Method, Path: string; Body: TJSONObject; BudgetMs: Integer): TJSONObject;
    function Send(const Method, Path: string; Body: TJSONObject; const Call: TCall;
      out Value: TJSONObject): Integer;
    function Book(Entry: TJSONObject; const Call: TCall; out Value: TJSONObject): Integer;
    function ReadCard(Entry: TJSONObject; const Call: TCall; out Value: TJSONObject): Boolean;
    function HandInWithin(const Call: TCall): Integer;
    procedure Keep(Entry, Value: TJSONObject);
  public
    { Url as the service names it, for example http://127.0.0.1:8711; Token is the content of
      api.token in the data folder; LateReceipts is a file, made when needed. }
    constructor Create(const Url, Token, LateReceipts: string; const Budgets: TBudgets);
    destructor Destroy; override;
    { How the service is. Call it at the start: it opens the connection. }
    function Health: TJSONObject;
    { What a code is: "kind" card, voucher or article; or "refused". }
    function Scan(const Code: string): TJSONObject;
    { What the sale costs, with all effects; at list price and "late" if need be. "refused" is
      "conflict" when this sale is already completed: begin a new one. }
    function Evaluate(Sale: TJSONObject): TJSONObject;
    { Books what was charged; what waits is handed in with it. Sale is the last snapshot. Charged
      has evaluation_id (none when the sale went at list price), total_minor, tenders and the rest
      of docs/sale.md. UnreadCard is a card whose scan was late, else empty; it is read when the
      receipt is handed in.
      Returns the receipt; or, not booked yet, "kept": true = it is in the file, hand it in later;
      or "refused" when this sale is already completed with another body. }
    function Complete(Sale, Charged: TJSONObject; const UnreadCard: string): TJSONObject;
    { Hands in what waits, as far as complete's budget reaches; how many were booked. Raises when
      the file of late receipts cannot be read or written. }
    function HandIn: Integer;
    { How many receipts wait in the file. }
    function Waiting: Integer;
    { What the service knows of a sale; "refused" is "sale_unknown" if nothing. }
    function Answer(const SaleId: string): TJSONObject;
    { Where a print job stands. }
    function PrintJob(const Job: string): TJSONObject;
    { Prints a voucher again, marked as a copy; the new print job. }
    function Reprint(const Job: string): TJSONObject;
  end;

{ The evaluation without the service: every line at its price, less manual discounts. }
function ListPrice(Sale, Why: TJSONObject): TJSONObject;

implementation

uses
  {$ifdef MSWINDOWS} Windows, {$endif}
  jsonparser, Sockets, URIParser;

const
  { What the client waits longer than the service: its own answer is the better one. }
  MarginMs = 50;
  ConnectMs = 100;
  AnswerBytesMax = 4 * 1024 * 1024;
  HeaderEnd = #13#10#13#10;
  TcpNoDelay = 1;

{ --- small parts ------------------------------------------------------------------------------- }

function IsForAPerson(Status: Integer): Boolean;
begin
  Result := (Status = 400) or (Status = 404) or (Status = 409) or (Status = 413) or (Status = 422);
end;

{ Halves away from zero, so a return is the mirror of its sale. }
function HalfUp(Numerator, Denominator: Int64): Int64;
begin
  Result := (2 * Abs(Numerator) + Denominator) div (2 * Denominator);
  if Numerator < 0 then
    Result := -Result;
end;

function Encoded(const Part: string): string;
var
  C: Char;
begin
  Result := '';
  for C in Part do
    if C in ['A'..'Z', 'a'..'z', '0'..'9', '-', '.', '_', '~'] then
      Result := Result + C
    else
      Result := Result + '%' + IntToHex(Ord(C), 2);
end;

function SalePath(const SaleId: string): string;
begin
  Result := '/v1/sales/' + Encoded(SaleId);
end;

{ The object that a text is; EJSON or ENoAnswer when it is none. }
function ParseObject(const Text: string): TJSONObject;
var
  Value: TJSONData;
begin
  Value := GetJSON(Text);
  if not (Value is TJSONObject) then
  begin
    Value.Free;
    raise ENoAnswer.Create('no JSON object');
  end;
  Result := TJSONObject(Value);
end;

procedure Put(Value: TJSONObject; const Name: string; Part: TJSONData);
begin
  Value.Delete(Name);
  Value.Add(Name, Part);
end;

function IsWhole(Value: TJSONObject; const Name: string): Boolean;
var
  Part: TJSONData;
begin
  Part := Value.Find(Name, jtNumber);
  Result := Assigned(Part) and (TJSONNumber(Part).NumberType in [ntInteger, ntInt64]);
end;

{ Whoever has taken the port: what is no receipt must not be taken for one. }
function IsAnswer(const Method, Path: string; Value: TJSONObject): Boolean;
begin
  if (Method = 'PUT') or Path.EndsWith('/complete') then
    Result := IsWhole(Value, 'total_minor')
  else
    Result := (Path <> '/v1/scan') or (Value.IndexOfName('kind') >= 0)
      or (Value.IndexOfName('refused') >= 0);
end;

function ListPrice(Sale, Why: TJSONObject): TJSONObject;
var
  Lines: TJSONArray;
  Line: TJSONObject;
  PaidMinor, TotalMinor: Int64;
  Index: Integer;
begin
  Lines := TJSONArray.Create;
  TotalMinor := 0;
  for Index := 0 to Sale.Arrays['lines'].Count - 1 do
  begin
    Line := Sale.Arrays['lines'].Objects[Index];
    PaidMinor := HalfUp(Line.Int64s['quantity_milli'] * Line.Int64s['unit_price_minor'], 1000)
      - Line.Get('host_discount_minor', Int64(0));
    Lines.Add(TJSONObject.Create(['line_id', Line.Strings['line_id'], 'paid_minor', PaidMinor]));
    TotalMinor := TotalMinor + PaidMinor;
  end;
  Result := TJSONObject(Why.Clone);
  Put(Result, 'late', TJSONBoolean.Create(True));
  Put(Result, 'total_minor', TJSONInt64Number.Create(TotalMinor));
  Put(Result, 'lines', Lines);
  Put(Result, 'effects', TJSONArray.Create);
end;

{ --- TCall ------------------------------------------------------------------------------------- }

class function TCall.Start(AMilliseconds: Integer): TCall;
begin
  Result.BudgetMs := AMilliseconds + MarginMs;
  Result.BeganMs := GetTickCount64;
end;

function TCall.WaitedMs: Int64;
begin
  Result := Int64(GetTickCount64 - BeganMs);
end;

function TCall.LeftMs: Integer;
begin
  Result := Integer(BudgetMs - WaitedMs);
  if Result <= 0 then
    raise ECallLate.Create('');
end;

procedure TCall.ReportTo(Value: TJSONObject);
begin
  Put(Value, 'budget_ms', TJSONInt64Number.Create(BudgetMs));
  Put(Value, 'waited_ms', TJSONInt64Number.Create(WaitedMs));
end;

{ --- TTillConnection --------------------------------------------------------------------------- }

constructor TTillConnection.Create(const Url, Token: string);
var
  Address: TURI;
begin
  Address := ParseURI(Url, 'http', 80);
  FHost := Address.Host;
  FPort := Address.Port;
  FToken := Token;
end;

destructor TTillConnection.Destroy;
begin
  Close;
  inherited Destroy;
end;

procedure TTillConnection.Close;
begin
  FreeAndNil(FSocket);
end;

procedure TTillConnection.Open(const Call: TCall);
var
  Yes: LongInt;
begin
  if Assigned(FSocket) then
    Exit;
  Call.LeftMs;
  FSocket := TInetSocket.Create(FHost, FPort, ConnectMs);
  { A large request is several packets: the last one shall not wait for an acknowledgement. }
  Yes := 1;
  fpSetSockOpt(FSocket.Handle, IPPROTO_TCP, TcpNoDelay, @Yes, SizeOf(Yes));
end;

procedure TTillConnection.Write(const Bytes: string; const Call: TCall);
var
  Sent, Piece: LongInt;
begin
  Sent := 0;
  while Sent < Length(Bytes) do
  begin
    FSocket.IOTimeout := Call.LeftMs;
    Piece := FSocket.Write(Bytes[Sent + 1], Length(Bytes) - Sent);
    if Piece <= 0 then
    begin
      Call.LeftMs;
      raise ENoAnswer.Create('connection lost');
    end;
    Sent := Sent + Piece;
  end;
end;

function TTillConnection.ReadSome(const Call: TCall): string;
var
  Buffer: array[0..65535] of Char;
  Count: LongInt;
begin
  { Before every read anew: a timeout that begins again with every byte is none. }
  FSocket.IOTimeout := Call.LeftMs;
  Count := FSocket.Read(Buffer, SizeOf(Buffer));
  if Count <= 0 then
  begin
    if Count < 0 then
      Call.LeftMs;
    raise ENoAnswer.Create('connection lost');
  end;
  SetString(Result, PChar(@Buffer[0]), Count);
end;

function TTillConnection.Exchange(const Method, Path, Body: string; const Call: TCall;
  out Answer: string): Integer;
var
  Header, Line: string;
  Lines: TStringList;
  BodyBytes, BodyBegin: Int64;
begin
  Open(Call);
  { Headers and body in one packet: sent one after the other, the body would wait 40 ms. }
  Write(Method + ' ' + Path + ' HTTP/1.1'#13#10
    + 'Host: ' + FHost + ':' + IntToStr(FPort) + #13#10
    + 'Authorization: Bearer ' + FToken + #13#10
    + 'Content-Type: application/json'#13#10
    + 'Content-Length: ' + IntToStr(Length(Body)) + HeaderEnd + Body, Call);
  Answer := '';
  repeat
    Answer := Answer + ReadSome(Call);
    BodyBegin := Pos(HeaderEnd, Answer);
    if (BodyBegin = 0) and (Length(Answer) > 65536) then
      raise ENoAnswer.Create('no HTTP');
  until BodyBegin > 0;
  Header := Copy(Answer, 1, BodyBegin - 1);
  Delete(Answer, 1, BodyBegin + Length(HeaderEnd) - 1);
  if Copy(Header, 1, 9) <> 'HTTP/1.1 ' then
    raise ENoAnswer.Create('no HTTP');
  Result := StrToInt(Copy(Header, 10, 3));
  BodyBytes := -1;
  Lines := TStringList.Create;
  try
    Lines.Text := LowerCase(Header);
    for Line in Lines do
      if Copy(Line, 1, 15) = 'content-length:' then
        BodyBytes := StrToInt64(Trim(Copy(Line, 16)));
    if (BodyBytes < 0) or (BodyBytes > AnswerBytesMax) then
      raise ENoAnswer.Create('no length');
    while Length(Answer) < BodyBytes do
      Answer := Answer + ReadSome(Call);
    SetLength(Answer, BodyBytes);
    if Lines.IndexOf('connection: close') >= 0 then
      Close;
  finally
    Lines.Free;
  end;
end;

{ --- TLateReceipts ----------------------------------------------------------------------------- }

constructor TLateReceipts.Create(const APath: string);
begin
  FPath := APath;
end;

function TLateReceipts.Load: TJSONArray;
var
  Lines: TStringList;
  Line: string;
begin
  Result := TJSONArray.Create;
  if not FileExists(FPath) then
    Exit;
  Lines := TStringList.Create;
  try
    try
      Lines.LoadFromFile(FPath);
      for Line in Lines do
        if Line <> '' then
          Result.Add(ParseObject(Line));
    except
      Result.Free;
      raise;
    end;
  finally
    Lines.Free;
  end;
end;

procedure TLateReceipts.Save(Entries: TJSONArray);
var
  Written: TFileStream;
  Line: string;
  Index: Integer;
begin
  Written := TFileStream.Create(FPath + '.new', fmCreate);
  try
    for Index := 0 to Entries.Count - 1 do
    begin
      Line := Entries.Objects[Index].AsJSON + #10;
      Written.WriteBuffer(Line[1], Length(Line));
    end;
    FileFlush(Written.Handle);
  finally
    Written.Free;
  end;
  {$ifdef MSWINDOWS}
  if not MoveFileEx(PChar(FPath + '.new'), PChar(FPath), MOVEFILE_REPLACE_EXISTING) then
  {$else}
  if not RenameFile(FPath + '.new', FPath) then
  {$endif}
    raise EInOutError.Create('cannot replace ' + FPath);
end;

procedure TLateReceipts.SetAside(Entry: TJSONObject);
var
  Path, Line: string;
  Written: TFileStream;
begin
  Path := FPath + '.refused';
  if FileExists(Path) then
    Written := TFileStream.Create(Path, fmOpenReadWrite)
  else
    Written := TFileStream.Create(Path, fmCreate);
  try
    Written.Seek(0, soEnd);
    Line := Entry.AsJSON + #10;
    Written.WriteBuffer(Line[1], Length(Line));
  finally
    Written.Free;
  end;
end;

{ --- TStammkundeTill --------------------------------------------------------------------------- }

constructor TStammkundeTill.Create(const Url, Token, LateReceipts: string; const Budgets: TBudgets);
begin
  FConnection := TTillConnection.Create(Url, Token);
  FLateReceipts := TLateReceipts.Create(LateReceipts);
  FBudgets := Budgets;
end;

destructor TStammkundeTill.Destroy;
begin
  FLateReceipts.Free;
  FConnection.Free;
  inherited Destroy;
end;

function TStammkundeTill.Health: TJSONObject;
begin
  Result := Ask('GET', '/v1/health', nil, FBudgets.CompleteMs);
end;

function TStammkundeTill.Scan(const Code: string): TJSONObject;
var
  Body: TJSONObject;
begin
  Body := TJSONObject.Create(['code', Code]);
  try
    Result := Ask('POST', '/v1/scan', Body, FBudgets.ScanMs);
  finally
    Body.Free;
  end;
  if Result.Get('late', False) then
    Put(Result, 'refused', TJSONString.Create('late'));
end;

function TStammkundeTill.Evaluate(Sale: TJSONObject): TJSONObject;
var
  Value: TJSONObject;
begin
  Value := Ask('PUT', SalePath(Sale.Strings['sale_id']), Sale, FBudgets.EvaluateMs);
  if IsWhole(Value, 'total_minor') or (Value.Get('refused', '') = 'conflict') then
    Exit(Value);
  try
    Result := ListPrice(Sale, Value);
  finally
    Value.Free;
  end;
end;

function TStammkundeTill.Complete(Sale, Charged: TJSONObject; const UnreadCard: string): TJSONObject;
var
  Entry, Completion: TJSONObject;
  Call: TCall;
  Status: Integer;
begin
  Completion := TJSONObject(Charged.Clone);
  if Completion.Get('evaluation_id', '') = '' then
  begin
    Completion.Delete('evaluation_id');
    Put(Completion, 'late', TJSONBoolean.Create(True));
  end;
  Entry := TJSONObject.Create(['sale_id', Sale.Strings['sale_id']]);
  try
    Entry.Add('completion', Completion);
    Entry.Add('sale', Sale.Clone);
    if UnreadCard <> '' then
      Entry.Add('card', UnreadCard);
    Call := TCall.Start(FBudgets.CompleteMs);
    Status := Book(Entry, Call, Result);
    if Status = 200 then
      try
        HandInWithin(Call);
      except
        { Booked is booked; what is wrong with the file, HandIn says. }
        on Exception do;
      end
    else if Status <> 409 then
    begin
      Put(Result, 'late', TJSONBoolean.Create(True));
      Put(Result, 'total_minor', TJSONInt64Number.Create(Charged.Int64s['total_minor']));
      Keep(Entry, Result);
    end;
  finally
    Entry.Free;
  end;
end;

{ Puts an entry into the file and says in Value whether that went well. }
procedure TStammkundeTill.Keep(Entry, Value: TJSONObject);
var
  Entries: TJSONArray;
begin
  try
    Entries := FLateReceipts.Load;
    try
      Entries.Add(Entry.Clone);
      FLateReceipts.Save(Entries);
    finally
      Entries.Free;
    end;
    Put(Value, 'kept', TJSONBoolean.Create(True));
  except
    on Fault: Exception do
    begin
      Put(Value, 'kept', TJSONBoolean.Create(False));
      Put(Value, 'why', TJSONString.Create('not kept: ' + Fault.Message));
    end;
  end;
end;

function TStammkundeTill.HandIn: Integer;
begin
  Result := HandInWithin(TCall.Start(FBudgets.CompleteMs));
end;

function TStammkundeTill.Waiting: Integer;
var
  Entries: TJSONArray;
begin
  Entries := FLateReceipts.Load;
  try
    Result := Entries.Count;
  finally
    Entries.Free;
  end;
end;

function TStammkundeTill.Answer(const SaleId: string): TJSONObject;
begin
  Result := Ask('GET', SalePath(SaleId), nil, FBudgets.EvaluateMs);
end;

function TStammkundeTill.PrintJob(const Job: string): TJSONObject;
begin
  Result := Ask('GET', '/v1/print-jobs/' + Encoded(Job), nil, FBudgets.EvaluateMs);
end;

function TStammkundeTill.Reprint(const Job: string): TJSONObject;
var
  Nothing: TJSONObject;
begin
  Nothing := TJSONObject.Create;
  try
    Result := Ask('POST', '/v1/print-jobs/' + Encoded(Job) + '/reprint', Nothing,
      FBudgets.EvaluateMs);
  finally
    Nothing.Free;
  end;
end;

function TStammkundeTill.HandInWithin(const Call: TCall): Integer;
var
  Entries: TJSONArray;
  Value: TJSONObject;
  Status: Integer;
begin
  Result := 0;
  Entries := FLateReceipts.Load;
  try
    while (Entries.Count > 0) and (Call.WaitedMs < Call.BudgetMs) do
    begin
      Status := Book(Entries.Objects[0], Call, Value);
      try
        if IsForAPerson(Status) then
        begin
          { A person must look at it; the others shall not wait behind it. }
          Put(Entries.Objects[0], 'problem', Value.Clone);
          FLateReceipts.SetAside(Entries.Objects[0]);
        end
        else if Status = 200 then
          Inc(Result)
        else
          Break;
      finally
        Value.Free;
      end;
      Entries.Delete(0);
      FLateReceipts.Save(Entries);
    end;
  finally
    Entries.Free;
  end;
end;

function TStammkundeTill.Book(Entry: TJSONObject; const Call: TCall;
  out Value: TJSONObject): Integer;
var
  Completion, WithSale: TJSONObject;
  Path: string;
begin
  if (Entry.IndexOfName('card') >= 0) and not ReadCard(Entry, Call, Value) then
    Exit(0);
  Path := SalePath(Entry.Strings['sale_id']) + '/complete';
  Completion := Entry.Objects['completion'];
  WithSale := TJSONObject(Completion.Clone);
  try
    WithSale.Add('sale', Entry.Objects['sale'].Clone);
    if Completion.Get('late', False) then
      Result := Send('POST', Path, WithSale, Call, Value)
    else
      Result := Send('POST', Path, Completion, Call, Value);
    if Value.Get('refused', '') = 'sale_unknown' then
    begin
      { The service was started anew since the sale was evaluated. }
      Value.Free;
      Result := Send('POST', Path, WithSale, Call, Value);
    end;
  finally
    WithSale.Free;
  end;
end;

{ Finds the customer of an unread card; false, and why in Value, when that did not work. }
function TStammkundeTill.ReadCard(Entry: TJSONObject; const Call: TCall;
  out Value: TJSONObject): Boolean;
var
  Body, Customer: TJSONObject;
  Status: Integer;
begin
  Body := TJSONObject.Create(['code', Entry.Strings['card']]);
  try
    Status := Send('POST', '/v1/scan', Body, Call, Value);
  finally
    Body.Free;
  end;
  Result := (Status = 200) and (Value.Get('refused', '') <> 'late');
  if not Result then
    Exit;
  Entry.Delete('card');
  Customer := TJSONObject(Value.Find('customer', jtObject));
  if Assigned(Customer) then
    Put(Entry.Objects['sale'], 'customer', TJSONObject.Create(['id', Customer.Strings['id']]));
  FreeAndNil(Value);
end;

function TStammkundeTill.Ask(const Method, Path: string; Body: TJSONObject;
  BudgetMs: Integer): TJSONObject;
var
  Status: Integer;
begin
  Status := Send(Method, Path, Body, TCall.Start(BudgetMs), Result);
  if (Status <> 200) and (Result.IndexOfName('refused') < 0) then
    Put(Result, 'late', TJSONBoolean.Create(True));
end;

{ Says of a problem document what it refuses. }
function ProblemOf(Status: Integer; Document: TJSONObject; const Call: TCall): TJSONObject;
var
  Code: string;
begin
  { 202 is no problem document, but no good news either: its work goes on. }
  Code := Document.Get('code', Document.Get('refused', ''));
  Result := TJSONObject.Create(['why', TrimRight(Format('status %d %s %s',
    [Status, Code, Document.Get('where', '')]))]);
  Result.Add('text', Document.Get('detail', ''));
  if (Status = 404) or (Status = 409) then
    Result.Add('refused', Code);
  Call.ReportTo(Result);
end;

{ Returns the status and in Value the object; 0, and "why" in it, when no good answer came. }
function TStammkundeTill.Send(const Method, Path: string; Body: TJSONObject; const Call: TCall;
  out Value: TJSONObject): Integer;
var
  Content, Text, Reason: string;
  Document: TJSONObject;
  Attempt: Integer;
begin
  Content := '';
  if Assigned(Body) then
    Content := Body.AsJSON;
  Reason := '';
  { Twice: the service may have closed a connection that was idle. Every call may be repeated. }
  for Attempt := 1 to 2 do
    try
      Result := FConnection.Exchange(Method, Path, Content, Call, Text);
      Document := ParseObject(Text);
      if (Result = 200) and not IsAnswer(Method, Path, Document) then
      begin
        Document.Free;
        raise ENoAnswer.Create('not of this service');
      end;
      if Result = 200 then
        Value := Document
      else
        try
          Value := ProblemOf(Result, Document, Call);
        finally
          Document.Free;
        end;
      Exit;
    except
      on ECallLate do
      begin
        FConnection.Close;
        Reason := Format('no answer within %d ms', [Call.BudgetMs]);
        Break;
      end;
      on Fault: Exception do
      begin
        FConnection.Close;
        Reason := 'no good answer: ' + Fault.Message;
      end;
    end;
  Result := 0;
  Value := TJSONObject.Create(['why', Reason]);
  Call.ReportTo(Value);
end;

end.
